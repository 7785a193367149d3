import { createHmac } from 'node:crypto'
import type { Log } from '../terms/ports'
import { quoted } from './account-name'
import type { Credential } from './admission/credential'
import type { DirectoryEntry } from './directory'
import type { KnownPasswords } from './passwords/known'

/** Accounts whose password this process remembers to have looked up. */
const MOST = 10_000

interface WeaknessPorts {
  readonly known?: KnownPasswords | undefined
  weak?(account: string, isKnown: boolean): Promise<void>
  readonly secret: Buffer
  readonly log: Log
}

/**
 * Looks up the password that opened an account, behind the user's back: nobody waits, and no answer depends on it. Each
 * password once, because programs log in all day.
 */
export function createWeakness({ known, weak, secret, log }: WeaknessPorts) {
  const looked = new Map<string, string>()
  return async ({ id, name }: DirectoryEntry, { password }: Credential): Promise<void> => {
    if (!known || password === '' || !known.idle()) return
    const digest = createHmac('sha256', secret)
      .update(JSON.stringify(['known', id, password]))
      .digest('base64url')
    if (looked.get(id) === digest) return
    looked.delete(id)
    looked.set(id, digest)
    const [oldest] = looked.keys()
    if (looked.size > MOST && oldest !== undefined) looked.delete(oldest)
    const isKnown = await known.has(password)
    if (isKnown) log.warn(`login weak: user=${quoted(name)} reason=known-password`)
    await weak?.(id, isKnown)
  }
}
