import type { Lease, LockProtocol, Refusal } from '../locks/locks'
import type { Identity } from '../login/login'
import type { KeyFacts } from '../search/key'
import type { Grams } from '../search/text-grams'
import type { Account } from '../store/account'
import type { BinnedAccount, BinnedMessage, GivenBack } from '../store/bin'
import type { Change, ListChange } from '../store/change'
import type { Annotation, AnnotationChange } from '../store/records/annotations'
import type { Mark } from '../store/records/marks'
import type { LockRefusal } from '../store/records/refusals'
import type { ScriptFault } from '../store/records/scripts'
import type { Use } from '../store/records/uses'
import type { AccountTable, Copied, CopyOptions, KeyRow, Mailbox, MessageRow, Snapshot } from '../store/store'
import type { Instead } from '../store/texts'
import type { Fault, Result } from '../terms/fault'
import type { FlagChange, FlagSet } from '../terms/flags'
import type { AccountId, BinnedId, EmailId, MailboxId } from '../terms/names'
import type { ModSeq, SeqNum, Uid } from '../terms/numbers'
import type { SpecialUse } from '../terms/special-use'
import type { Pool } from '../work/pool'
import type { Actor, MailDeed } from './deeds/deed'
import type { Filed } from './filed'
import type { KeptColumn } from './kept'
import type { Rights } from './shared/rights'
import type { IndexDesk } from './texts/status'

/**
 * The verbs of one logged-in account, for IMAP, POP3, HTTP and delivery. A verb checks names and limits, writes through the
 * store and publishes the commit to the hub, in that order. Locking: `enter` first; verbs do not check it again.
 */
export interface MailRoom {
  /** The verbs of accounts: for administrators, and for what an owner changes of the own account. */
  readonly accounts: AccountTable
  readonly accountBin: AccountBin
  /** The last use of an account's app passwords, by their ids. */
  appPasswordUses(account: AccountId): Promise<ReadonlyMap<string, Use>>
  /** Programs of an account that the lock kept out within a day, the newest first. */
  lockRefusals(account: AccountId): Promise<readonly LockRefusal[]>
  /** as `[store] driver` names it */
  readonly storeName: string
  /** Rejects when mail cannot be read or written now: for probes from outside. */
  usable(): Promise<void>
  readonly hub: Hub
  /** for work whose size a message, a script or a request decides */
  readonly pool: Pool
  /** What FETCH has sent of messages, by mailbox and item: latin1. */
  readonly texts: (key: string) => KeptColumn<string>
  /** What SEARCH has read of messages, by mailbox. */
  readonly keys: (mailbox: MailboxId) => KeptColumn<KeyFacts>
  /** octets of the largest message that is stored; 0: no limit */
  readonly maxMessageSize: number
  /**
   * The account's verbs. Costs nothing; made per session.
   * @param actor who it is in the log of what was done to mail, asked each time; nobody: the server itself
   */
  account(identity: Identity, actor?: () => Actor): AccountMail
  /** The same, which also reach the mailboxes of others: the session takes the lock that `lockOf` names. */
  guest(identity: Identity, actor: () => Actor): AccountMail
  /** `mailbox` of the copy may be one of another account, where the user has the right `p` or `i` (RFC 4314 2.1). */
  deliver(copy: NewCopy): Promise<Result<Delivered>>
  /** Mailboxes of others into which mail of this account may be delivered, by the names that it has for them. */
  postable(account: Account): Promise<readonly Mailbox[]>
  /** undefined: the store has no text index */
  readonly index: IndexDesk | undefined
  /** Makes the special-use mailboxes of the settings in an account that has only its INBOX. Faults: no-such-account, limit. */
  ensureSpecialUse(account: AccountId): Promise<Result<void>>
  /** Tells of messages that an owner moves or copies in this process, after it is done. */
  onFiled(listener: (filed: Filed) => void): void
  /** Tells of mail that somebody removes or moves in this process, by any protocol, after it is done. */
  onDeed(listener: (deed: MailDeed) => void): void
  close(): Promise<void>
}

/** Who comes in, as the lock's other holders hear of it. */
export interface LockEntry {
  readonly protocol: LockProtocol
  readonly address: string
  readonly client?: string
}

/** The lock of an account, for sessions that share it. */
export interface AccountLock {
  readonly id: AccountId
  /** Takes the shared lock with the account's overrides. */
  enter(entry: LockEntry, signal?: AbortSignal): Promise<Result<Lease, Refusal>>
}

export interface AccountMail extends AccountLock {
  readonly identity: Identity
  /** POP3: takes the exclusive lock, registers its fence with the store and freezes the maildrop. */
  openMaildrop(
    entry: LockEntry,
    options: MaildropOptions,
    signal?: AbortSignal,
  ): Promise<Result<Maildrop, Refusal | Fault | TooSoon>>

  /**
   * Whose lock decides about this mailbox, or the one of this name: this account's, or its owner's in the mailbox of another account
   * (docs/locks.md#guests).
   */
  lockOf(of: string | Mailbox): Promise<AccountLock>
  /** Mailboxes of other accounts that may be seen, by the names that they have here (RFC 2342). */
  shared(): Promise<readonly Mailbox[]>
  /** of a mailbox that these verbs gave, as they were then */
  rightsOn(mailbox: Mailbox): Rights
  readonly rights: RightsVerbs

  /** its own */
  mailboxes(): Promise<readonly Mailbox[]>
  subscriptions(): Promise<readonly string[]>
  find(name: string): Promise<Mailbox | undefined>
  /** RFC 8474 4: an id stays when a mailbox is renamed. */
  findById(id: MailboxId): Promise<Mailbox | undefined>
  create(name: string, specialUse?: readonly SpecialUse[]): Promise<Result<Mailbox>>
  rename(from: string, to: string): Promise<Result<void>>
  remove(name: string): Promise<Result<void>>
  subscribe(name: string, subscribed: boolean): Promise<Result<void>>
  quota(): Promise<QuotaState>

  /** Opens a window on a mailbox; views of one mailbox share their columns. `recent: 'claim'` for SELECT, `'peek'` for EXAMINE. */
  open(name: string, recent: 'claim' | 'peek'): Promise<Result<View>>
  openById(id: MailboxId, recent: 'claim' | 'peek'): Promise<Result<View>>
  /** Whether messages may come into it. Faults: no-such-mailbox (tryCreate), no-right. */
  accepts(name: string): Promise<Result<void>>
  /** Appends all or none. Faults: no-such-mailbox (tryCreate), over-quota, too-big. */
  append(name: string, messages: readonly Incoming[]): Promise<Result<Appended>>
  /**
   * Appends a message and expunges another, in one transaction; the quota counts the difference (RFC 8508).
   * Faults: no-such-mailbox (tryCreate), over-quota, too-big, message-gone.
   */
  replace(view: View, replaced: Uid, name: string, message: Incoming): Promise<Result<Appended>>
  /** @param missing with `refuse` nothing is copied when one is gone. Faults: no-such-mailbox (tryCreate), over-quota, message-gone. */
  copy(
    view: View,
    uids: readonly Uid[],
    to: string,
    missing?: CopyOptions['missing'],
    progress?: Progress,
  ): Promise<Result<Copied>>
  /** Many messages are moved in several transactions: some may be moved when it fails. */
  move(
    view: View,
    uids: readonly Uid[],
    to: string,
    missing?: CopyOptions['missing'],
    progress?: Progress,
  ): Promise<Result<Moved>>
  /** @returns UIDs not changed because of `unchangedSince`; the changes themselves arrive through the view */
  storeFlags(
    view: View,
    uids: readonly Uid[],
    how: FlagChange,
    flags: FlagSet,
    unchangedSince?: ModSeq,
    progress?: Progress,
  ): Promise<Result<readonly Uid[]>>
  /** @param where `nowhere`: for what nobody would want back, a draft that was saved again */
  expunge(
    view: View,
    uids: readonly Uid[] | 'all',
    progress?: Progress,
    where?: 'bin' | 'nowhere',
  ): Promise<Result<readonly Uid[]>>
  /** What was expunged after `since`, ascending; undefined: too long ago to know (RFC 7162 3.2.6) */
  expungedSince(view: View, since: ModSeq): Promise<readonly Uid[] | undefined>
  /** The whole index of a mailbox that is not open, as it is now: for STATUS; undefined: it was deleted. */
  index(mailbox: Mailbox): Promise<Snapshot | undefined>
  /** How many messages of a mailbox that is not open are not \Seen for this user. */
  unseen(mailbox: Mailbox): Promise<number>
  /** In batches, ascending, those that exist: what is stored of messages beside the index and the octets. */
  rows(view: View, uids: readonly Uid[]): AsyncIterable<readonly MessageRow[]>
  /** Search keys, dates and threads only: cheaper than `rows`. */
  keys(view: View, uids: readonly Uid[]): AsyncIterable<readonly KeyRow[]>
  /** UIDs, ascending, of messages that may have all grams of one of the sets (lib/store/texts.ts); undefined: any may. */
  mayHave(view: View, anyOf: readonly Grams[], instead: Instead): Promise<Uint32Array | undefined>
  /** Octets `start` to `end` (exclusive) of a message, of the view or of the account itself; undefined: it is gone. */
  read(id: EmailId, start: number, end: number, view?: View): Promise<Buffer | undefined>

  readonly scripts: ScriptVerbs
  readonly marks: MarkVerbs
  readonly documents: DocumentVerbs
  readonly annotations: AnnotationVerbs
  /** undefined: the store has no recycle bin */
  readonly bin: BinVerbs | undefined
}

/** What a user may do with what was removed (docs/recycle-bin.md). */
export interface BinVerbs {
  state(): Promise<BinState>
  /** A page, what was removed last first. It may be short, or empty, and have a `next`: a look goes through 20,000 messages. */
  list(asked: BinAsked): Promise<BinListed>
  /** those that are there */
  get(ids: readonly BinnedId[]): Promise<readonly BinnedMessage[]>
  /**
   * Gives back those that are still there, with new UIDs. Many are given back in several transactions: some may be back when it
   * fails. Faults: over-quota, limit, when none is.
   */
  restore(ids: readonly BinnedId[]): Promise<Result<Restored>>
  /** Erases at once, and looks whether it is so. */
  erase(which: readonly BinnedId[] | 'all'): Promise<EraseProof>
}

export interface BinState {
  readonly messages: number
  readonly bytes: number
  /** milliseconds for which what is removed now is kept; 0: it is gone at once */
  readonly keptFor: number
  /** octets that are kept */
  readonly limit: number
}

interface BinAsked {
  /** part of the subject, of an address or name, or of the mailbox's name; without case; empty: all */
  readonly find?: string
  /** `next` of the page before */
  readonly after?: string
  readonly limit: number
}
export interface BinListed {
  readonly messages: readonly BinnedMessage[]
  readonly next?: string
}

/** `fault`: what ended it after those that were given back */
export interface Restored {
  readonly mailboxes: readonly GivenBack[]
  readonly messages: number
  readonly fault?: Fault
}

export interface EraseProof {
  readonly messages: number
  readonly bytes: number
  /** what is left of them, in words; empty: nothing */
  readonly left: readonly string[]
  /** what became of their place on the disk, in a sentence */
  readonly disk: string
}

/** Accounts that were removed by mistake. */
export interface AccountBin {
  /**
   * Ends the account's sessions, and keeps it where the settings say so.
   * @returns until when it is kept; undefined: it is gone
   */
  remove(id: AccountId): Promise<Result<{ readonly until?: number }>>
  list(): AsyncIterable<BinnedAccount>
  find(name: string): Promise<BinnedAccount | undefined>
  /** Faults: no-such-account, when it is not in the bin. */
  restore(name: string): Promise<Result<Account>>
  /** An account, or one that was removed, with all it has. Faults: no-such-account. */
  erase(name: string): Promise<Result<EraseProof>>
}

/** Annotations of mailboxes by their names, and of the server (`''`) as this account sees it (RFC 5464). */
export interface AnnotationVerbs {
  /** undefined: there is no such mailbox */
  get(mailbox: string): Promise<readonly Annotation[] | undefined>
  /**
   * All changes or none. `/private/specialuse` is the special use of the mailbox (RFC 6154 4).
   * Faults: no-such-mailbox, not-permitted, too-big, limit (too many), over-quota.
   */
  set(mailbox: string, changes: readonly AnnotationChange[]): Promise<Result<void>>
}

/** Who may do what with a mailbox (RFC 4314 3). Mailboxes are named as the session names them. */
export interface RightsVerbs {
  /** Faults, of all: no-such-mailbox, also where the user may not know of it; no-right. */
  mine(mailbox: string): Promise<Result<Rights>>
  /** the owner first, who has all rights for ever */
  list(mailbox: string): Promise<Result<readonly IdentifierRights[]>>
  /** of all own mailboxes, without their owner */
  all(): Promise<readonly (IdentifierRights & { readonly mailbox: string })[]>
  /** Faults: not-permitted, limit. @param identifier as it was typed */
  set(mailbox: string, identifier: string, how: RightsChange, rights: Rights): Promise<Result<void>>
  remove(mailbox: string, identifier: string): Promise<Result<void>>
  /** What could be given: what the identifier has anyway, and what it can have besides. */
  grantable(mailbox: string, identifier: string): Promise<Result<{ readonly always: Rights; readonly more: Rights }>>
}

export type RightsChange = 'add' | 'remove' | 'replace'

interface IdentifierRights {
  readonly identifier: string
  readonly rights: Rights
}

/** An account's Sieve scripts (RFC 5804). A fault is undefined: done. */
export interface ScriptVerbs {
  /** in order of their names, by octets */
  list(): Promise<readonly { readonly name: string; readonly active: boolean }[]>
  /** whether one of this name could be put */
  fits(name: string): Promise<boolean>
  get(name: string): Promise<string | undefined>
  /** Adds one, or replaces the one of this name. It does not become active. */
  put(name: string, text: string): Promise<ScriptFault | undefined>
  /** @param name undefined: no script runs */
  activate(name: string | undefined): Promise<ScriptFault | undefined>
  rename(from: string, to: string): Promise<ScriptFault | undefined>
  /** The active one is not removed. */
  remove(name: string): Promise<ScriptFault | undefined>
}

/** What webmail keeps for the account, as texts under names; each has 512 KB at most. */
export interface DocumentVerbs {
  get(name: string): Promise<string | undefined>
  /** @param change pure; undefined: nothing is changed. Faults: no-such-account, too-big. */
  change(name: string, change: (before: string | undefined) => string | undefined): Promise<Result<void>>
}

/** What was done and is not to be done again for a while. */
export interface MarkVerbs {
  /** whether it was done, and counts still */
  has(what: string): Promise<boolean>
  /** @returns false: somebody else did, and it counts still */
  claim(what: string, milliseconds: number): Promise<boolean>
  /** Anew when it is there; 0: it counts no more. */
  set(what: string, milliseconds: number): Promise<void>
}

/** RFC 2449 8.1.1 */
export interface TooSoon {
  readonly kind: 'too-soon'
}

/** `fault`: what ended it after those that were moved */
export interface Moved extends Copied {
  readonly fault?: Fault
}

/** Told now and then how many messages of a long command are done. */
export type Progress = (done: number) => void

export interface Incoming {
  readonly bytes: Buffer
  readonly flags: FlagSet
  /** milliseconds since 1970; undefined: now */
  readonly internalDate?: number
}

interface Appended {
  readonly mailbox: Mailbox
  readonly uids: readonly Uid[]
}

export interface QuotaState {
  readonly usedBytes: number
  readonly usedMessages: number
  /** 0: none */
  readonly limitBytes: number
  readonly limitMessages: number
}

/**
 * Whether the store is asked for news, which other processes may have written: `never` when this command has asked already; `unwritten`:
 * unless this session's `storeFlags` was committed since the last `sync`, as it has seen what was committed before.
 */
export type Look = 'always' | 'unwritten' | 'never'

/**
 * One session's window on a mailbox: what its client was told. It moves only in `sync`, so that sequence numbers stay true
 * while a command runs (RFC 9051 7.5.1). Sequence numbers are of the window, UIDs of the mailbox.
 */
export interface View {
  /** whose mailbox it is */
  readonly account: AccountId
  /** by its owner's name */
  readonly mailbox: Mailbox
  /** what the session may do with it now */
  readonly rights: Rights
  /** messages in the window */
  readonly exists: number
  readonly highestModSeq: ModSeq
  /** The mod-sequence by which a client that names `named` is answered: everything, where a power cut took back what it knows. */
  toldSince(named: number): number
  uidAt(seq: number): Uid
  seqOf(uid: number): SeqNum | undefined
  flagsAt(seq: number): FlagSet
  /**
   * Those of `first` to `last` whose flags pass, ascending.
   * @param test asked once for all that have the same flags, with the number of the first of them
   */
  matching(test: (flags: FlagSet, seq: number) => boolean, first: number, last: number): readonly number[]
  modSeqAt(seq: number): ModSeq
  sizeAt(seq: number): number
  internalDateAt(seq: number): number
  isRecent(seq: number): boolean
  /** whether another session expunged it, which this one was not told yet: it keeps its number, and is no more */
  isGone(seq: number): boolean
  readonly recentCount: number
  /** messages of the window were expunged, and `sync('hold')` did not say so */
  readonly holdsExpunges: boolean
  /** whether `sync('say')` may say something (cheap; a change that is not this client's business can make it say nothing) */
  readonly hasNews: boolean
  /**
   * Moves the window to what is committed now. With `expunges: 'hold'` it stops before the first EXPUNGE it may not say.
   * Resolves once every commit whose promise resolved in this process before the call is included.
   */
  sync(expunges: 'say' | 'hold', look?: Look): Promise<readonly Update[]>
  /**
   * Marks this session's next `storeFlags` as silent so that `sync` does not repeat it (RFC 9051 6.4.6 .SILENT): call it right
   * before. A change by somebody else to the same message is told all the same.
   */
  quiet(uids: readonly Uid[]): void
  /** called (not more than once per turn of the event loop) when there may be news. @returns how to stop it; `close` does too */
  onNews(listener: () => void): () => void
  /**
   * The session must leave the mailbox: it was deleted, or was INBOX and has been renamed; or messages that were expunged are there
   * again after a crash of the store, which can be told to nobody who has it open; or a guest may not read it any more.
   */
  readonly gone: Gone | undefined
  close(): void
}

export type Gone = 'deleted' | 'restored' | 'refused'

/** In the order in which they must be sent. */
export type Update =
  | { readonly kind: 'expunge'; readonly seq: SeqNum; readonly uid: Uid }
  | { readonly kind: 'exists'; readonly count: number; readonly recent: number }
  | {
      readonly kind: 'flags'
      readonly seq: SeqNum
      readonly uid: Uid
      readonly flags: FlagSet
      readonly modSeq: ModSeq
      readonly recent: boolean
    }

/** Tells every process of every host that a mailbox reached a mod-sequence; views then catch up from the store. */
export interface Hub {
  /** @param listener given the change, and by whose verbs it was made */
  onList(account: AccountId, listener: ListListener): () => void
  /**
   * A mailbox of the account changed, here or in another process.
   * @param listener given its id, its mod-sequence, what happened, each kind once (RFC 5465 5: MessageNew,
   *   MessageExpunge, FlagChange), and by whose verbs
   */
  onMailbox(account: AccountId, listener: MailboxListener): () => void
  /** Notices may have been lost: whoever must know everything looks for itself. */
  onGap(account: AccountId, listener: () => void): () => void
  /** Of any account: what happened to a mailbox of it. */
  onAny(listener: (account: AccountId, happened: readonly MessageEvent[]) => void): () => void
  /** The text index, or a part of it, was thrown away: whoever builds it begins at once. */
  onIndexAsked(listener: () => void): () => void
}
export const MESSAGE_EVENTS = ['added', 'expunged', 'flags'] as const satisfies readonly Change['kind'][]
type MessageEvent = Change['kind']
/** `by`: the session's own verbs; undefined: another process, or no session (delivery) */
export type MailboxListener = (
  mailbox: MailboxId,
  modSeq: ModSeq,
  happened: readonly MessageEvent[],
  by: AccountMail | undefined,
) => void
export type ListListener = (change: ListChange, by: AccountMail | undefined) => void

/** How notices travel to the other processes (never back to the one that published). Lost notices are harmless: a view asks the store when it is used. */
export interface Bus {
  publish(notice: Notice): void
  subscribe(listener: (notice: Notice) => void): () => void
  close(): Promise<void>
}
export type Notice =
  | {
      readonly kind: 'mailbox'
      readonly account: string
      readonly mailbox: string
      readonly modSeq: number
      /** undefined: a process of an older version does not say */
      readonly happened?: readonly MessageEvent[]
    }
  | { readonly kind: 'list'; readonly change: ListChange }
  /** to whoever builds the text index: there is more to do */
  | { readonly kind: 'index' }
  /** made by the bus itself: a peer came or went, notices may have been lost */
  | { readonly kind: 'gap' }

export interface MaildropOptions {
  /** mailbox to use; INBOX by default */
  readonly mailbox?: string
  readonly order?: 'arrival' | 'newest-first'
  /** RFC 2449 6.5, milliseconds between two logins; 0: any */
  readonly loginDelay?: number
  /** what becomes of one that comes sooner: the fault too-soon, or a maildrop without messages */
  readonly tooSoon?: 'refuse' | 'empty'
}

/**
 * Thrown by `Maildrop.message`, or while it is read: another session expunged the message while the maildrop was open, which only happens
 * in the lock modes `pop3` and `snapshot`.
 */
export class MessageGone extends Error {
  override readonly name = 'MessageGone'
}

/** Thrown by `Maildrop.message` for a header that is not ASCII, when the client has to say that it takes UTF-8. */
export class MessageNeedsUtf8 extends Error {
  override readonly name = 'MessageNeedsUtf8'
}

/** What becomes of a header that is not ASCII (RFC 6856 2.1): as it is, converted to ASCII, or the message is refused. */
export type MessageText = 'as-is' | 'ascii' | 'refuse'

export interface MaildropMessage {
  /** octets that `octets` gives, with the line end that the last line may lack */
  readonly size: number
  /** lines without dot-stuffing, in pieces; each ends with CRLF, also where the store has a bare LF or CR */
  octets(): AsyncIterable<Buffer>
  /** header, empty line and the first `lines` lines of the body */
  top(lines: number): AsyncIterable<Buffer>
}

/** POP3's frozen view (RFC 1939 3). Message numbers are from 1 and never change while it is open. */
export interface Maildrop {
  readonly lease: Lease
  readonly count: number
  /** of all messages, on the wire */
  readonly octets: number
  sizeOf(number: number): number
  uidlOf(number: number): string
  /** Throws `MessageGone`, and `MessageNeedsUtf8` with `refuse`. */
  message(number: number, text: MessageText): Promise<MaildropMessage>
  /** Messages that are \Seen and came into the mailbox before `time` (milliseconds since 1970), ascending. */
  seenBefore(time: number): Promise<readonly number[]>
  /**
   * The UPDATE state: deletes (or moves to Trash) in one transaction that checks the fence, sets \Seen on `seen`.
   * Faults: lease-lost, unavailable. Resolves after it is durable.
   */
  update(deleted: readonly number[], seen: readonly number[], how: 'delete' | 'trash' | 'keep'): Promise<Result<void>>
  /** Releases the lock. Idempotent. */
  close(): Promise<void>
}

/** A message that is to be stored for an account, by final delivery. */
export interface NewCopy {
  readonly account: AccountId
  /** that account as the caller has read it, for its quota; undefined: it is read */
  readonly owner?: Pick<Account, 'quotaBytes' | 'quotaMessages'>
  readonly bytes: Buffer
  /** undefined: INBOX */
  readonly mailbox?: string
  readonly flags?: FlagSet
  readonly internalDate?: number
  /** `ignore`: for what the owner must hear although the mailbox is full */
  readonly quota?: 'check' | 'ignore'
  /** set with the message; where one counts already, it is not stored (fault stored-before) */
  readonly marks?: readonly Mark[]
}

export interface Delivered {
  readonly mailbox: Mailbox
  readonly uid: Uid
}
