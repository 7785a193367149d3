import { mkdirSync } from 'node:fs'
import { openEnvironment, settled } from '../../../processes/environment'
import { ok, type Result } from '../../../terms/fault'
import type { Credential, MadeCredential, Sessions, TotpState } from '../sessions'
import { FRESH, idOf, keyOf, newSecret, tooMany } from './secrets'

/** A small LMDB environment that all processes of the host share; sessions outlive a restart. @param path folder of its own */
export function openEmbeddedSessions({ path }: { readonly path: string }): Sessions {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const env = openEnvironment({ path, maxDbs: 4, mapSize: 16 * 1024 ** 2 })
  /** by hash of the secret */
  const credentials = env.openDB<Credential, string>({ name: 'credentials' })
  const totps = env.openDB<TotpState, string>({ name: 'totp' })

  // Keys begin with the id, so that both find the same row.
  const keyById = (id: string): string | undefined => {
    const [key] = [...credentials.getKeys({ start: id, limit: 1 })]
    return key !== undefined && idOf(key) === id ? key : undefined
  }

  const of = (account: string | undefined): readonly Credential[] =>
    [...credentials.getRange()]
      .map(({ value }) => value)
      .filter((credential) => account === undefined || credential.account === account)

  return {
    async create(given, most) {
      const { secret, key, credential } = newSecret(given)
      return settled(
        env.transaction((): Result<MadeCredential> => {
          const full = most !== undefined && of(given.account).filter(({ kind }) => kind === given.kind).length >= most
          if (full) return tooMany(most, given)
          credentials.putSync(key, credential)
          return ok({ secret, credential })
        }),
      )
    },
    find: async (secret) => credentials.get(keyOf(secret)),
    get: async (id) => {
      const key = keyById(id)
      return key === undefined ? undefined : credentials.get(key)
    },
    async update(id, patch) {
      await settled(
        env.transaction(() => {
          const key = keyById(id)
          const before = key === undefined ? undefined : credentials.get(key)
          if (key !== undefined && before) credentials.putSync(key, { ...before, ...patch })
        }),
      )
    },
    async remove(id) {
      const key = keyById(id)
      return key !== undefined && settled(credentials.remove(key))
    },
    list: async (account) => of(account),
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
