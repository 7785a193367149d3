import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AccountId } from '../../terms/names'

/**
 * Sieve scripts and what vacation remembers: a folder an account, `<data>/sieve/<account id>/`, shared by all processes. A script is
 * one file, put there whole.
 */
export interface Scripts {
  /** the active script and its version; undefined: none. A first script of an account counts a second later at the latest. */
  active(account: AccountId): Promise<{ readonly text: string; readonly version: string } | undefined>
  put(account: AccountId, text: string): Promise<void>
  remove(account: AccountId): Promise<void>
  /** Whether `what` was not done within `milliseconds`, and from now on is. */
  due(account: AccountId, what: string, milliseconds: number, now: number): Promise<boolean>
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** How long it is believed which accounts have scripts: most have none, and their mail then costs no look at the disk. */
const BELIEVED = 1000
const REMEMBERED = 1000

export function scriptFiles(folder: string): Scripts {
  const texts = new Map<AccountId, { readonly version: string; readonly text: string }>()
  let owners: Promise<Set<string>> | undefined
  let asked = 0

  async function readOwners(): Promise<Set<string>> {
    try {
      return new Set(await readdir(folder))
    } catch (error) {
      if (isMissing(error)) return new Set()
      throw error
    }
  }
  function ownersNow(): Promise<Set<string>> {
    const now = performance.now()
    if (!owners || now - asked > BELIEVED) {
      asked = now
      owners = readOwners()
    }
    return owners
  }
  const folderOf = (account: AccountId): string => path.join(folder, account)
  const active = (account: AccountId): string => path.join(folderOf(account), 'active.sieve')

  async function write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const draft = `${file}.${process.pid}`
    await writeFile(draft, text, { mode: 0o600 })
    await rename(draft, file)
  }

  return {
    async active(account) {
      if (!(await ownersNow()).has(account)) return undefined
      const file = active(account)
      try {
        const { mtimeMs, size, ino } = await stat(file)
        const version = `${account} ${mtimeMs} ${size} ${ino}`
        const known = texts.get(account)
        if (known?.version === version) return known
        const read = { text: await readFile(file, 'utf8'), version }
        if (texts.size >= REMEMBERED) texts.clear()
        texts.set(account, read)
        return read
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async put(account, text) {
      await write(active(account), text)
      asked = Number.NEGATIVE_INFINITY
    },
    remove: (account) => rm(folderOf(account), { recursive: true, force: true }),
    async due(account, what, milliseconds, now) {
      const digest = createHash('sha256').update(what).digest('hex').slice(0, 32)
      const file = path.join(folderOf(account), 'told', digest)
      const last = await stat(file).catch((error: unknown) => {
        if (isMissing(error)) return undefined
        throw error
      })
      if (last && now - last.mtimeMs < milliseconds) return false
      await write(file, '')
      return true
    },
  }
}
