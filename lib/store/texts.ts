import type { PreparedMessage } from '../mime/prepared'
import type { Grams } from '../search/text-grams'
import type { AccountId, EmailId, MailboxId } from '../terms/names'

/**
 * What is in an index was made by these rules: a number of ours, raised when SEARCH compares other texts or grams are others, and
 * the version of Unicode, by which texts are folded. An index of other rules is of no use.
 */
export const TEXT_FORMAT = `2 Unicode ${process.versions.unicode}`

/** What is read of messages where no index tells: the messages themselves, or stored keys only. */
export type Instead = 'messages' | 'keys'

/**
 * The text index of a store: which messages may have a text, by its grams (lib/search/text-grams). It only says which messages
 * need not be read; the text decides. So it may be behind, and may be lost: it is built anew from the mail, by one process at a time.
 */
export interface TextIndex {
  /**
   * UIDs of a mailbox, ascending: of messages that have all grams of one of the sets, and of those that are not in the index. None that
   * is left out has them. Undefined: the index does not tell, or so many that reading all is as good, or that it takes no less time.
   */
  mayHave(
    account: AccountId,
    mailbox: MailboxId,
    anyOf: readonly Grams[],
    instead: Instead,
  ): Promise<Uint32Array | undefined>
  progress(): Promise<TextProgress>
  /** The same of one account, counted in turns. */
  progressOf(account: AccountId): Promise<TextCounts>
  /** Accounts that have messages to be indexed, and how many, about. Reads of all accounts, in turns. */
  behind(): AsyncIterable<{ readonly account: AccountId; readonly waiting: number }>
  /**
   * Throws away what it has of an account, or all: it says nothing of them from now on, and whoever builds begins anew.
   * Resolves when no search believes it any more; what was there goes from the disk later.
   */
  forget(account?: AccountId): Promise<void>
  /** Becomes the one that builds, of all processes that have the store open; undefined: another one does. */
  lead(): Promise<TextBuilder | undefined>
}

export interface TextCounts {
  /** messages that the index has */
  readonly indexed: number
  /** messages that wait, about: of those that were removed meanwhile nobody counts how many */
  readonly waiting: number
  /** too large, or too much work: every search reads them */
  readonly unreadable: number
}

export interface TextProgress extends TextCounts {
  /** a process is there that builds it */
  readonly isLed: boolean
  /** on the disk; undefined: nobody knows */
  readonly octets: number | undefined
}

/** What must be read of a message that is not indexed yet; its octets by `MessageTable.read`. */
export interface Unindexed {
  readonly email: EmailId
  readonly prepared: PreparedMessage
}

/** `grams` undefined: it cannot be read with the work that is allowed. */
export interface Indexed {
  readonly email: EmailId
  readonly grams: Grams | undefined
}

/** The one that builds. Its calls come one after another. Rejects with StoreUnavailable when it cannot build now. */
export interface TextBuilder {
  /** The first messages of an account that are not indexed, in their order; an empty list: all are. */
  next(account: AccountId, most: number): Promise<readonly Unindexed[]>
  /** @param done all that `next` gave, or the first of them */
  add(account: AccountId, done: readonly Indexed[]): Promise<void>
  /** Takes out what was removed from the store. @returns whether there may be more */
  removeGone(): Promise<boolean>
  /** A step of putting the index in order. @returns whether there is more to do */
  tidy(): Promise<boolean>
  /** Throws the whole index away: it is built anew. */
  clear(): Promise<void>
  /** Lets another one build. */
  release(): Promise<void>
}
