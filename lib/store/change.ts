import type { FlagSet } from '../terms/flags'
import type { AccountId, MailboxId } from '../terms/names'
import type { ModSeq, Uid } from '../terms/numbers'

/** One message as a mailbox's index knows it. */
export interface IndexRow {
  readonly uid: Uid
  readonly flags: FlagSet
  readonly modSeq: ModSeq
  /** RFC822.SIZE, octets */
  readonly size: number
  /** milliseconds since 1970 */
  readonly internalDate: number
}

/** What a commit did to one mailbox. A commit raises the mailbox's mod-sequence by one, once. */
export type Change =
  | { readonly kind: 'added'; readonly rows: readonly IndexRow[] }
  | { readonly kind: 'expunged'; readonly uids: readonly Uid[] }
  | { readonly kind: 'flags'; readonly rows: readonly IndexRow[] }

/** Changes of one mailbox by one commit, in order; `after` is its mod-sequence before the commit, `modSeq` after it. */
export interface MailboxChange {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly after: ModSeq
  readonly modSeq: ModSeq
  readonly changes: readonly Change[]
}

/** What happened to the list of mailboxes (LIST of other sessions, NOTIFY, webmail). */
export interface ListChange {
  readonly account: AccountId
  readonly kind: 'created' | 'deleted' | 'renamed' | 'subscribed' | 'unsubscribed' | 'annotated' | 'rights'
  readonly mailbox: MailboxId | undefined
  /** UTF-8, canonical; empty: the server's annotations */
  readonly name: string
  readonly oldName?: string
  /** annotations that were set or went (RFC 5464) */
  readonly entries?: readonly string[]
}

/** Everything that one write committed; empty when nothing changed. Nothing unsaved can be announced: it comes out of the commit. */
export interface Commit {
  readonly mailboxes: readonly MailboxChange[]
  readonly list: readonly ListChange[]
}

export const NO_COMMIT: Commit = { mailboxes: [], list: [] }

/** What a write gave, and what it did. */
export interface Written<T> {
  readonly value: T
  readonly commit: Commit
}
