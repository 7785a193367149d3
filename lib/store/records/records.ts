import type { AccountId } from '../../terms/names'
import type { Account } from '../account'

/**
 * What an account has beside its mail, as records of a kind, each under a key: scripts, marks, subscriptions. A driver keeps
 * one ordered table of them and knows no kind; what a kind means stands in a file of this folder. Records are moved, audited
 * and removed with their account, so a new kind needs nothing of a driver.
 */
export interface StoredRecord {
  /** unique in its kind; at most 1024 octets of UTF-8, no NUL */
  readonly key: string
  readonly value: Buffer
  /** milliseconds since 1970, after which it may go; undefined: it stays */
  readonly until?: number
}

export const RECORD_KINDS = [
  'acl',
  'annotation',
  'document',
  'mark',
  'refusal',
  'script',
  'subscription',
  'use',
] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** What a change makes of an account's records of one kind. */
export interface RecordChange<T> {
  readonly value: T
  /** added, or in the place of those that have their keys */
  readonly put?: readonly StoredRecord[]
  readonly remove?: readonly string[]
  /** records of this kind whose time was over then may go now: some at each change, so that as many go as come */
  readonly expired?: number
  /** `Account.activeScript` from now on; null: none */
  readonly activeScript?: string | null
}

/** What stands behind all keys that begin with it. @param prefix not empty, of ASCII at its end */
export const afterPrefix = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)

/** A record, and whose it is. */
export interface OwnedRecord extends StoredRecord {
  readonly account: AccountId
}

export interface RecordTable {
  get(account: AccountId, kind: RecordKind, key: string): Promise<StoredRecord | undefined>
  /** in order of the keys, by octets */
  keys(account: AccountId, kind: RecordKind): Promise<readonly string[]>
  /**
   * Of all accounts, also of those in the recycle bin: records of the kind `acl` whose keys begin with one of these. The one
   * question across accounts, of which a driver keeps an index.
   */
  across(prefixes: readonly string[], limit: number): Promise<readonly OwnedRecord[]>
  /**
   * One transaction that holds the account; durable when it resolves.
   * @param keys which records `decide` sees
   * @param decide pure: it may be called again when another process was faster
   * @returns undefined: there is no such account
   */
  change<T>(
    account: AccountId,
    kind: RecordKind,
    keys: readonly string[] | 'all',
    decide: (found: ReadonlyMap<string, StoredRecord>, owner: Account) => RecordChange<T>,
  ): Promise<T | undefined>
}
