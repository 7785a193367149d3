import type { Result } from '../../terms/fault'

/** Who is logged in, kept where every process reads it: any of Haraka's workers, on any host of the store, may get any request. */

export const SCOPES = ['mail:read', 'mail:write', 'mail:send', 'account', 'admin'] as const
/** of an account: more are refused until some are taken away */
export const MOST_TOKENS = 50
export type Scope = (typeof SCOPES)[number]

/** A browser's session or a program's token. The secret itself is not kept, only its SHA-256. */
export interface Credential {
  /** public; names it in lists */
  readonly id: string
  readonly kind: 'session' | 'token'
  /** AccountId */
  readonly account: string
  /** user agent, or the token's label */
  readonly label: string
  readonly address: string
  readonly createdAt: number
  /** last request that its user made, milliseconds since 1970 */
  readonly activeAt: number
  /** undefined: the settings decide */
  readonly expiresAt?: number
  readonly scopes: readonly Scope[]
  /** must come back in a header with everything that changes something */
  readonly csrf: string
  /** a second factor was used, of any kind */
  readonly totp: boolean
  /** the password's (empty: it never changed); another password ends it. Two while its own user changes the password. */
  readonly epochs: readonly string[]
  /** the app password that opened it, and ends it when it is taken away */
  readonly appPassword?: string
  /** the passkey that opened it without a password, in the same way */
  readonly passkey?: string
  /** its page was closed then, milliseconds since 1970: no process holds the mailbox lock for it any more */
  readonly releasedAt?: number
  /** the account whose mailbox an administrator has entered */
  readonly entered?: string
}

export type NewCredential = Omit<Credential, 'id' | 'csrf'>
export interface MadeCredential {
  /** shown once */
  readonly secret: string
  readonly credential: Credential
}

/** What is remembered of an account's second factor. */
export interface SecondFactorState {
  /** last step used: a code works once (RFC 6238 5.2) */
  readonly step: number
  /** recovery codes that were used, by hash */
  readonly spent?: readonly string[]
  /** wrong codes in a row */
  readonly failures: number
  /** no code is looked at before */
  readonly barredUntil: number
  /** by id */
  readonly passkeys?: Readonly<Record<string, PasskeyUse>>
  /** that opened, as long as they could again; milliseconds since 1970 */
  readonly challenges?: readonly { readonly challenge: string; readonly made: number }[]
}

/** The last use of a passkey. */
export interface PasskeyUse {
  /** of signatures; 0: its authenticator counts none */
  readonly counter: number
  /** milliseconds since 1970; absent: never */
  readonly at?: number
  readonly address?: string
}

export interface Sessions {
  /**
   * @param most of its kind that the account may have; counted in the transaction that makes it
   * Faults: limit.
   */
  create(credential: NewCredential, most?: number): Promise<Result<MadeCredential>>
  /** By the secret. */
  find(secret: string): Promise<Credential | undefined>
  get(id: string): Promise<Credential | undefined>
  update(
    id: string,
    patch: Partial<Pick<Credential, 'activeAt' | 'releasedAt' | 'totp' | 'entered' | 'epochs'>>,
  ): Promise<void>
  remove(id: string): Promise<boolean>
  list(account?: string): Promise<readonly Credential[]>
  secondFactor(account: string): Promise<SecondFactorState>
  /** One after another over all processes. @returns what `change` says beside the new state */
  changeSecondFactor<T>(
    account: string,
    change: (before: SecondFactorState) => readonly [SecondFactorState, T],
  ): Promise<T>
  close(): Promise<void>
}
