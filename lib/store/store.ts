import type { PreparedMessage } from '../mime/prepared'
import { Unavailable } from '../terms/errors'
import type { Result } from '../terms/fault'
import type { FlagChange, FlagSet } from '../terms/flags'
import type { AccountId, EmailId, MailboxId, ThreadId } from '../terms/names'
import type { Fence, ModSeq, Uid, UidValidity } from '../terms/numbers'
import type { SpecialUse } from '../terms/special-use'
import type { Account, AccountChange, NewAccount } from './account'
import type { BinTable, Keeping } from './bin'
import type { IndexRow, MailboxChange, Written } from './change'
import type { Gap } from './gaps'
import type { RecordTables } from './records'
import type { Mark } from './records/marks'
import type { TextIndex } from './texts'
import type { Usage } from './usage'

/**
 * The mail store, in mail terms (docs/store.md). Reads are snapshots. Writes of one account are serialised, each is one
 * transaction and resolves only after it is durable, flags and the like when everybody sees them (docs/durability.md); a failed
 * write leaves nothing. Every promise may reject only when the store itself is broken or closed (`StoreUnavailable`); what the
 * world can do wrong is a `Result`.
 */
export interface Store extends RecordTables {
  readonly facts: StoreFacts
  readonly accounts: AccountTable
  readonly mailboxes: MailboxTable
  readonly messages: MessageTable
  /** absent: every search for text reads all mail */
  readonly texts?: TextIndex
  /** absent: what is removed is gone at once */
  readonly bin?: BinTable
  /**
   * Raises the account's highest seen fence; never lowers it. Seen by every process, and durable where processes outlive
   * the engine. Rejects when the account is in the recycle bin: who has logged in before gets no further.
   */
  raiseFence(account: AccountId, fence: Fence): Promise<void>
  /** Rejects when mail cannot be read or written now, as far as can be known without a write: for probes from outside. */
  usable(): Promise<void>
  /** Checks all invariants of an account; an empty list when all is well. */
  check(account: AccountId): Promise<readonly string[]>
  /**
   * Writes one moment of the whole store into an empty folder, while mail comes in. Absent where the engine's own tools do it.
   */
  backup?(folder: string): Promise<void>
  close(): Promise<void>
}

export interface StoreFacts {
  readonly name: string
  /** may be open in several processes of one host at once */
  readonly sharedByProcesses: boolean
  /** may be open on several hosts at once */
  readonly sharedByHosts: boolean
}

/** Thrown (rejected) by every method when the engine cannot be used now: temporary for all protocols. */
export class StoreUnavailable extends Unavailable {
  override readonly name = 'StoreUnavailable'
}

export interface AccountTable {
  /** Makes the account with its INBOX. Faults: not-permitted when the name is taken. */
  create(account: NewAccount): Promise<Result<Account>>
  get(id: AccountId): Promise<Account | undefined>
  /** @param name full address; compared in lower case */
  find(name: string): Promise<Account | undefined>
  /** Reads, changes and writes in one transaction. Faults: no-such-account, not-permitted when the name is taken, those of `change`. */
  update(id: AccountId, change: AccountChange): Promise<Result<Account>>
  /** Removes the account and everything it owns. Faults: no-such-account. */
  remove(id: AccountId): Promise<Result<void>>
  /** in order of name */
  list(): AsyncIterable<Account>
  usage(id: AccountId): Promise<Usage>
}

export interface Mailbox {
  readonly id: MailboxId
  /** UTF-8, canonical (`canonicalMailboxName`), `/` between levels */
  readonly name: string
  readonly uidValidity: UidValidity
  readonly uidNext: Uid
  readonly highestModSeq: ModSeq
  /** mod-sequences that a power cut took back, ascending: who names one of them is answered by `toldSince` */
  readonly gaps: readonly Gap[]
  readonly specialUse: readonly SpecialUse[]
  readonly subscribed: boolean
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  /** octets of all messages */
  readonly size: number
  /** first UID that no session has taken as \Recent yet (RFC 3501 2.3.2) */
  readonly recentFrom: Uid
}

export interface MailboxTable {
  /** all mailboxes of the account, INBOX first, then by name */
  list(account: AccountId): Promise<readonly Mailbox[]>
  find(account: AccountId, name: string): Promise<Mailbox | undefined>
  get(account: AccountId, id: MailboxId): Promise<Mailbox | undefined>
  /** `highestModSeq` of `get`, for who asks often whether another process has changed the mailbox */
  modSeq(account: AccountId, id: MailboxId): Promise<ModSeq | undefined>
  /**
   * Parents that are missing are made too (RFC 9051 6.3.4). With `uidValidity`, for imports, a mailbox that is there already
   * takes the numbers if it never held a message; if that is its UIDVALIDITY already, a higher `uidNext` is taken. Faults: mailbox-exists, limit, no-such-account.
   */
  create(account: AccountId, name: string, options?: CreateOptions): Promise<Result<Written<Mailbox>>>
  /**
   * Renames with all children; missing parents are made. Renaming INBOX moves its messages to the new mailbox and leaves an
   * empty INBOX, children of INBOX stay (RFC 9051 6.3.6). Faults: no-such-mailbox, mailbox-exists, limit.
   */
  rename(account: AccountId, from: string, to: string): Promise<Result<Written<void>>>
  /** Children stay. Its name gets a higher UIDVALIDITY when made again. Faults: no-such-mailbox, not-permitted (INBOX). @param bin where its messages go; else they are gone */
  remove(account: AccountId, name: string, bin?: Keeping): Promise<Result<Written<void>>>
  setSpecialUse(account: AccountId, name: string, uses: readonly SpecialUse[]): Promise<Result<Written<void>>>
  /** Takes what is \Recent for the caller, in one step: sets `recentFrom` to `uidNext`. Need not be durable. */
  claimRecent(account: AccountId, id: MailboxId): Promise<RecentClaim>
}

export interface CreateOptions {
  readonly specialUse?: readonly SpecialUse[]
  readonly subscribed?: boolean
  /** for imports */
  readonly uidValidity?: UidValidity
  readonly uidNext?: Uid
}

/** The messages from `from` to before `next` are \Recent for who claimed them, and for nobody else (RFC 3501 2.3.2). */
export interface RecentClaim {
  readonly from: Uid
  readonly next: Uid
}

/** A mailbox's whole index at one mod-sequence, as columns in order of UID, which are the caller's own. */
export interface Snapshot {
  readonly mailbox: Mailbox
  readonly uids: Uint32Array
  readonly sizes: Uint32Array
  readonly modSeqs: Float64Array
  readonly internalDates: Float64Array
  /** index into `flagSets` */
  readonly flags: Uint32Array
  readonly flagSets: readonly FlagSet[]
}

export interface NewMessage {
  readonly bytes: Buffer
  readonly prepared: PreparedMessage
  readonly flags: FlagSet
  /** milliseconds since 1970 */
  readonly internalDate: number
  /** for imports: must not be below the mailbox's uidNext */
  readonly uid?: Uid
  /** for imports: POP3 unique id (RFC 1939 7), 1-70 of 0x21-0x7E */
  readonly uidl?: string
}

export interface AppendOptions {
  /** limits to check in the transaction; undefined: none */
  readonly quota?: { readonly bytes: number; readonly messages: number } | undefined
  /** set with the messages; where one counts already, nothing is appended (fault stored-before) */
  readonly marks?: readonly Mark[] | undefined
}

/** What keywords count in the quota is checked where they grow. */
export type FlagLimits = Pick<AppendOptions, 'quota'>

export interface CopyOptions {
  /** messages that are gone: passed over (default), or the fault message-gone and nothing is done */
  readonly missing?: 'pass-over' | 'refuse' | undefined
}

/** What is stored of a message beside its octets and its index row. */
export interface MessageRow extends IndexRow {
  readonly emailId: EmailId
  readonly threadId: ThreadId
  /** when it came into this mailbox, milliseconds since 1970 (RFC 8514) */
  readonly saveDate: number
  readonly uidl: string
  readonly prepared: PreparedMessage
}

/** What POP3 tells of messages beside their index, as columns in order of UID. */
export interface MaildropColumns {
  readonly uids: Uint32Array
  /** octets that each has more where every line ends with CRLF (RFC 1939 11); 0 also where nobody counted them */
  readonly added: Uint32Array
  /** unique ids that an import brought, by UID; those of the others are `uidlOf` (RFC 1939 7) */
  readonly imported: ReadonlyMap<number, string>
}

export interface Copied {
  /** source order; same length */
  readonly source: readonly Uid[]
  readonly destination: readonly Uid[]
  readonly uidValidity: UidValidity
}

export interface FlagsStored {
  /** UIDs that `unchangedSince` left out (RFC 7162 3.1.3) */
  readonly modified: readonly Uid[]
  readonly rows: readonly IndexRow[]
}

export interface MessageTable {
  /** Appends all or none. Faults: no-such-mailbox, stored-before, over-quota, limit. @returns the new UIDs in order */
  append(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly NewMessage[],
    options?: AppendOptions,
  ): Promise<Result<Written<readonly Uid[]>>>
  snapshot(account: AccountId, mailbox: MailboxId): Promise<Snapshot | undefined>
  /**
   * What changed after `since`, for views that missed a notice. `undefined`: too long ago, before a gap or in it, or no such
   * mailbox; take a snapshot.
   * `added` and `flags` rows are as they are now; a message both added and expunged since may be left out.
   */
  changesSince(account: AccountId, mailbox: MailboxId, since: ModSeq): Promise<MailboxChange | undefined>
  /** UIDs expunged after `since`, ascending (QRESYNC); `undefined` when the log no longer reaches back that far, or in a gap. */
  expungedSince(account: AccountId, mailbox: MailboxId, since: ModSeq): Promise<readonly Uid[] | undefined>
  /**
   * In batches, ascending, the ones that exist. A batch ends with some hundred messages, or when what was prepared of them is
   * more than a megabyte.
   */
  rows(account: AccountId, mailbox: MailboxId, uids: readonly Uid[]): AsyncIterable<readonly MessageRow[]>
  /** Search keys and dates only, cheaper than `rows`. */
  keys(account: AccountId, mailbox: MailboxId, uids: readonly Uid[]): AsyncIterable<readonly KeyRow[]>
  /** Of each UID above `above` that exists, ascending. */
  maildrop(account: AccountId, mailbox: MailboxId, above?: Uid): Promise<MaildropColumns>
  /**
   * Octets `start` to `end` (exclusive) of a message. Works also after the mailbox entry was expunged, as long as some entry
   * or a reader of this process holds it; `undefined` when it is gone.
   */
  read(account: AccountId, id: EmailId, start: number, end: number): Promise<Buffer | undefined>
  /**
   * Changes flags of those that exist. Unchanged messages get no new mod-sequence and no row in the commit; they do have one
   * in `rows`. In a gap, nothing is unchanged. Faults: no-such-mailbox, limit (too many keywords).
   */
  storeFlags(
    account: AccountId,
    mailbox: MailboxId,
    uids: readonly Uid[],
    how: FlagChange,
    flags: FlagSet,
    unchangedSince?: ModSeq,
    limits?: FlagLimits,
  ): Promise<Result<Written<FlagsStored>>>
  /**
   * Removes those that exist. `only: 'deleted'` leaves out what has no \Deleted, and may be taken back by a power cut. With `fence`, nothing is removed unless it is
   * the highest fence the account has seen (fault lease-lost). @returns the removed UIDs, ascending
   */
  expunge(
    account: AccountId,
    mailbox: MailboxId,
    uids: readonly Uid[],
    options: ExpungeOptions,
  ): Promise<Result<Written<readonly Uid[]>>>
  /**
   * Appends a message and removes another, which may be in another mailbox, in one transaction (RFC 8508). The quota counts
   * the difference of octets. Faults: no-such-mailbox (tryCreate), over-quota, limit, message-gone. @returns the new UID
   */
  replace(
    account: AccountId,
    from: MailboxId,
    replaced: Uid,
    to: MailboxId,
    message: NewMessage,
    options?: AppendOptions,
  ): Promise<Result<Written<Uid>>>
  /** Copies with flags and internal date; a copy gets its own UIDL. Faults: no-such-mailbox (tryCreate), over-quota, message-gone. */
  copy(
    account: AccountId,
    from: MailboxId,
    uids: readonly Uid[],
    to: MailboxId,
    options?: CopyOptions & AppendOptions,
  ): Promise<Result<Written<Copied>>>
  /** As copy, and removed from the source in the same transaction (RFC 6851). */
  move(
    account: AccountId,
    from: MailboxId,
    uids: readonly Uid[],
    to: MailboxId,
    options?: CopyOptions & { readonly fence?: Fence },
  ): Promise<Result<Written<Copied>>>
}

export interface ExpungeOptions {
  readonly only: 'deleted' | 'all'
  readonly fence?: Fence
  /** they go into the bin; else they are gone */
  readonly bin?: Keeping | undefined
}

export interface KeyRow {
  readonly uid: Uid
  readonly emailId: EmailId
  readonly threadId: ThreadId
  readonly internalDate: number
  readonly saveDate: number
  readonly size: number
  readonly keys: PreparedMessage['keys']
}
