import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { openEnvironment, settled } from '../../processes/environment'
import type { Credential, Sessions, TotpState } from '../sessions'

const FRESH: TotpState = { step: 0, failures: 0, barredUntil: 0 }

/** 256 random bits need no slow hash: nobody guesses them. */
const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url')
/** Enough to be unique, too little to be the key. */
const idOf = (key: string): string => key.slice(0, 16)

/** A small LMDB environment that all processes of the host share; sessions outlive a restart. @param path folder of its own */
export function openEmbeddedSessions({ path }: { readonly path: string }): Sessions {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const env = openEnvironment({ path, maxDbs: 4, mapSize: 16 * 1024 ** 2 })
  /** by hash of the secret */
  const credentials = env.openDB<Credential, string>({ name: 'credentials' })
  const totps = env.openDB<TotpState, string>({ name: 'totp' })

  // Keys begin with the id, so that both find the same row.
  const keyOf = (id: string): string | undefined => {
    const [key] = [...credentials.getKeys({ start: id, limit: 1 })]
    return key !== undefined && idOf(key) === id ? key : undefined
  }

  return {
    async create(given) {
      const secret = randomBytes(32).toString('base64url')
      const key = hash(secret)
      const credential: Credential = { ...given, id: idOf(key), csrf: randomBytes(18).toString('base64url') }
      await settled(credentials.put(key, credential))
      return { secret, credential }
    },
    find: (secret) => credentials.get(hash(secret)),
    get: (id) => {
      const key = keyOf(id)
      return key === undefined ? undefined : credentials.get(key)
    },
    async update(id, patch) {
      await settled(
        env.transaction(() => {
          const key = keyOf(id)
          const before = key === undefined ? undefined : credentials.get(key)
          if (key !== undefined && before) credentials.putSync(key, { ...before, ...patch })
        }),
      )
    },
    async remove(id) {
      const key = keyOf(id)
      return key !== undefined && settled(credentials.remove(key))
    },
    list: (account) =>
      [...credentials.getRange()]
        .map(({ value }) => value)
        .filter((credential) => account === undefined || credential.account === account),
    changeTotp: (account, change) =>
      settled(
        env.transaction(() => {
          const [after, said] = change(totps.get(account) ?? FRESH)
          totps.putSync(account, after)
          return said
        }),
      ),
    close: () => env.close(),
  }
}
