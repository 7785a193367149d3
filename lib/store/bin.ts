import type { SearchKeys } from '../mime/prepared'
import type { Result } from '../terms/fault'
import type { FlagSet } from '../terms/flags'
import type { AccountId, BinnedId, EmailId } from '../terms/names'
import type { Account } from './account'
import type { Written } from './change'
import type { Usage } from './usage'

/** How long what is removed is kept, in milliseconds, and how many octets of an account at most: the oldest go first. */
export interface Keeping {
  readonly time: number
  readonly octets: number
}

/** A message that was removed and can be given back. */
export interface BinnedMessage {
  readonly id: BinnedId
  /** its octets are read as those of others are */
  readonly emailId: EmailId
  /** name of the mailbox that it was in, as it was then */
  readonly mailbox: string
  readonly flags: FlagSet
  readonly size: number
  /** milliseconds since 1970, as are the next two */
  readonly internalDate: number
  readonly removedAt: number
  /** from then on it is erased */
  readonly until: number
  readonly keys: SearchKeys
}

/** An account that was removed and can be given back: nobody finds it, and nobody gets its name. */
export interface BinnedAccount {
  readonly id: AccountId
  readonly name: string
  readonly removedAt: number
  readonly until: number
}

/** What was given back: how many messages to which mailbox. */
export interface GivenBack {
  readonly mailbox: string
  readonly messages: number
}

/** What was erased. */
export interface Erased extends Usage {
  /** messages that are nowhere any more; those of an account that was erased are not named */
  readonly gone: readonly EmailId[]
  /** what became of its place on the disk, in a sentence */
  readonly disk: string
}

/**
 * The recycle bin (docs/recycle-bin.md): what `expunge` and `MailboxTable.remove` took with `bin`. No mailbox, counter or quota
 * knows of it. A message that other mailboxes have too is in it once more.
 */
export interface BinTable {
  usage(account: AccountId): Promise<Usage>
  /** of all accounts */
  total(): Promise<Usage>
  /** What was removed last comes first, in pages of some hundred. @param below behind which to begin */
  list(account: AccountId, below?: BinPlace): AsyncIterable<readonly BinnedMessage[]>
  /** those that are in the bin, in no order */
  get(account: AccountId, ids: readonly BinnedId[]): Promise<readonly BinnedMessage[]>
  /**
   * Gives back all of them that are still there, or none, in one transaction: into the mailbox that they were in, else into the
   * one of its name, which is made again when it is
   * gone. With new UIDs and unique ids, and without \Deleted. @param quota undefined: none. Faults: no-such-account, over-quota, limit.
   */
  restore(
    account: AccountId,
    ids: readonly BinnedId[],
    quota?: { readonly bytes: number; readonly messages: number },
  ): Promise<Result<Written<readonly GivenBack[]>>>
  /** Their place on the disk is overwritten too, where the engine can do so. */
  erase(account: AccountId, which: readonly BinnedId[] | 'all'): Promise<Erased>
  /** What is left of messages that were erased, or of an account, in words: looked for anew. The text index follows within a minute. */
  left(account: AccountId, messages: readonly EmailId[] | 'all'): Promise<readonly string[]>
  /** Erases messages and accounts whose time is over, some at a time. @returns whether there may be more */
  expire(): Promise<boolean>
  readonly accounts: BinnedAccounts
}

export interface BinPlace {
  readonly removedAt: number
  readonly id: BinnedId
}

export interface BinnedAccounts {
  /** in order of name */
  list(): AsyncIterable<BinnedAccount>
  find(name: string): Promise<BinnedAccount | undefined>
  /** Nobody finds the account from then on. @param time milliseconds. Faults: no-such-account */
  put(id: AccountId, time: number): Promise<Result<void>>
  /** Before its time is over. Faults: no-such-account */
  restore(name: string): Promise<Result<Account>>
  /** Removes it with everything it has. Faults: no-such-account */
  erase(name: string): Promise<Result<Erased>>
}
