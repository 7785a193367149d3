import { ok, type Result } from '../../terms/fault'
import { type AccountId, accountId } from '../../terms/names'
import type { Directory, DirectoryEntry } from '../directory'

type StoredAccount = Omit<DirectoryEntry, 'id' | 'directory' | 'verify' | keyof StoredCredentials> & {
  readonly id: AccountId
  readonly credentials: StoredCredentials
}
type StoredCredentials = Partial<Pick<DirectoryEntry, 'password' | 'scram' | 'epoch' | 'appPasswords'>>

/** What this directory asks of the store, which is no room below this one. */
export interface StoredAccounts<A extends StoredAccount> {
  find(user: string): Promise<A | undefined>
  update(
    id: AccountId,
    change: (before: A) => Result<{ readonly credentials?: A['credentials'] }>,
  ): Promise<Result<unknown>>
}

/** The store's accounts as a login directory. */
export const storeDirectory = <A extends StoredAccount>(accounts: StoredAccounts<A>): Directory => ({
  lookup: async (user) => {
    const account = await accounts.find(user)
    return account && entryOf(account)
  },
  rehash: async (entry, verifiers) => {
    await accounts.update(accountId(entry.id), ({ credentials }) =>
      // The password may have been changed while this one was hashed.
      ok(credentials.password === entry.password ? { credentials: { ...credentials, ...verifiers } } : {}),
    )
  },
})

function entryOf({ id, name, disabled, protocols, admin, overrides, credentials }: StoredAccount): DirectoryEntry {
  const { password, scram, epoch, appPasswords = [] } = credentials
  return {
    id,
    name,
    disabled,
    protocols,
    admin,
    overrides,
    ...(password !== undefined && { password }),
    ...(scram !== undefined && { scram }),
    ...(epoch !== undefined && { epoch }),
    appPasswords,
  }
}
