import type { AccountId } from '../terms/names'

/** An account's note that something was done, which counts for a time: it is not to be done again. */
export interface Mark {
  /** any text; a digest of it is kept */
  readonly what: string
  /** now, and the end of its time: milliseconds since 1970 */
  readonly at: number
  readonly until: number
}

/** Beside these, `append` takes marks of its own. A store removes those whose time is over when it writes others. */
export interface MarkTable {
  /** Whether there is one that still counts. */
  has(account: AccountId, mark: Pick<Mark, 'what' | 'at'>): Promise<boolean>
  /** @returns false: one was there that still counts, and it stays as it is */
  set(account: AccountId, mark: Mark): Promise<boolean>
}
