import { ok, type Result } from '../terms/fault'
import type { AccountId } from '../terms/names'

/** Salted verifiers only; never a clear password except under the scheme {PLAIN} that an operator imported. */
export interface Credentials {
  /** with scheme prefix, such as `{ARGON2ID}$argon2id$v=19$...` */
  readonly password?: string
  /** changes with every new password, not when the same one is hashed anew */
  readonly epoch?: string
  /** `epoch` of a password that is in the operator's list of those that everybody knows; empty: of one that has no epoch */
  readonly knownPassword?: string
  /** stored keys of RFC 5803 form, by mechanism name `SCRAM-SHA-256`, `SCRAM-SHA-1` */
  readonly scram?: Readonly<Record<string, string>>
  readonly appPasswords?: readonly AppPassword[]
  /** base32 secret, for webmail */
  readonly totp?: string
  /** open webmail alone, or stand beside the password as a second factor */
  readonly passkeys?: readonly Passkey[]
  /** hashes of codes that stand in for a second factor, once each */
  readonly recoveryCodes?: readonly string[]
}

/** Public key of an authenticator (Web Authentication Level 3); binary values are base64url. */
export interface Passkey {
  readonly id: string
  readonly label: string
  /** credential ID, chosen by the authenticator */
  readonly credential: string
  /** COSE key */
  readonly publicKey: string
  /** name that it is bound to */
  readonly rpId: string
  /** milliseconds since 1970 */
  readonly createdAt: number
}

export interface AppPassword {
  readonly id: string
  readonly label: string
  /** verifier with its scheme */
  readonly password: string
  /** found by it among the others; absent: made before there were tags */
  readonly tag?: string
  /** empty: all protocols */
  readonly protocols: readonly string[]
  /** addresses and CIDR networks from which it opens; absent or empty: all */
  readonly networks?: readonly string[]
  /** milliseconds since 1970, here and below; absent: it does not end */
  readonly expiresAt?: number
  readonly createdAt: number
}

export interface Account {
  readonly id: AccountId
  /** full address in lower case, `user@example.org` */
  readonly name: string
  readonly disabled: boolean
  /** allowed protocols (`pop3 imap smtp http sieve`); empty: all */
  readonly protocols: readonly string[]
  /** undefined: the default of the settings; 0: none */
  readonly quotaBytes?: number
  readonly quotaMessages?: number
  /** per-account overrides as text, such as `lock.mode`, `lock.wait`, `lock.takeover` */
  readonly overrides: Readonly<Record<string, string>>
  readonly admin: boolean
  /** name of the Sieve script that runs at delivery */
  readonly activeScript?: string
  readonly credentials: Credentials
  /** last successful POP3 login, milliseconds since 1970; kept while LOGIN-DELAY is set */
  readonly lastPop3Login?: number
  /** milliseconds since 1970 */
  readonly createdAt: number
  /** it is in the recycle bin: no table of a store gives one that has this; milliseconds since 1970 */
  readonly removed?: { readonly at: number; readonly until: number }
}

type Given = Omit<Account, 'id' | 'createdAt' | 'removed'>
export type NewAccount = Pick<Account, 'name' | 'credentials'> & Partial<Given>
export type AccountPatch = Partial<Given>

/**
 * A change is made of the account as it is in the transaction that writes it, so that nothing is lost that another writer did
 * since anybody looked: a password that was changed does not come back. Pure and quick, for it may be asked again; its fault
 * leaves the account as it is.
 */
export type AccountChange = (before: Account) => Result<AccountPatch>

/** The change that sets these credentials and leaves the others. */
export const settingCredentials =
  (patch: Partial<Credentials>): AccountChange =>
  ({ credentials }) =>
    ok({ credentials: { ...credentials, ...patch } })
