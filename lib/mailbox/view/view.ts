import type { IndexRow } from '../../store/change'
import type { Mailbox } from '../../store/store'
import { textOf } from '../../terms/errors'
import { type FlagSet, flagsSeenBy, publicFlags } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import { type ModSeq, type SeqNum, seqNum, type Uid, uid } from '../../terms/numbers'
import type { Log } from '../../terms/ports'
import type { Gone, Look, Update, View } from '../mailbox'
import type { Rights } from '../shared/rights'
import type { JournalEntry } from './journal'
import { createRecent } from './recent'
import type { MailboxState, Watcher } from './state'
import { createWindow } from './window'

/** A view as its own account sees it. */
export interface SessionView extends View {
  /** This session's STORE, of what `quiet` was said, is over: the mod-sequences of its commits. */
  stored(commits: readonly ModSeq[]): void
  /** What the session may do from now on; without the right to read it must leave. @param seen the keyword that is its \Seen */
  permit(rights: Rights, seen: string | undefined): void
}

export interface ViewOptions {
  readonly account: AccountId
  readonly mailbox: Mailbox
  rights: Rights
  /** the keyword that is \Seen for this session; undefined: \Seen is one for all */
  seen?: string | undefined
  /** the first UID that may be \Recent here */
  readonly recentFrom: number
  readonly recent: 'claim' | 'peek'
  readonly log: Log
  onClose(): void
}

/** A class, not an object of functions: there is one for each session, and thousands of sessions are idle. */
class WindowView implements SessionView, Watcher {
  readonly mailbox: Mailbox
  readonly #state: MailboxState
  readonly #window: ReturnType<typeof createWindow>
  readonly #recent: ReturnType<typeof createRecent>
  readonly #options: ViewOptions
  /** the last entry whose flag changes were told, and the last whose expunges the window has taken */
  #told: JournalEntry
  #taken: JournalEntry
  /** everything up to here was told: what a client may remember (RFC 7162 3.1.2.1) */
  #toldModSeq: ModSeq
  #unannouncedAfter: ModSeq | undefined
  /** the chain was folded: look at the columns for flags changed after this mod-sequence */
  #rescanAfter: ModSeq | undefined
  /** of this session's next STORE, and of those that were committed, by mod-sequence */
  #quietNext: ReadonlySet<Uid> | undefined
  #quietUids: Map<ModSeq, ReadonlySet<Uid>> | undefined
  /** this session's STORE was committed since the last `sync` */
  #wrote = false
  /** no set: thousands of sessions have one */
  #listeners: readonly (() => void)[] = []
  #closed = false
  #shown: WeakMap<FlagSet, FlagSet> | undefined

  constructor(state: MailboxState, options: ViewOptions) {
    this.mailbox = asOpened(options.mailbox, state)
    this.#state = state
    this.#options = options
    this.#window = createWindow(state.columns)
    this.#recent = createRecent(state, this.#window, options.recentFrom, options.recent)
    this.#told = state.tail
    this.#taken = state.tail
    this.#toldModSeq = state.modSeq
    state.watchers.add(this)
  }

  /** Expunged rows that this client knows stay in its numbering until they are announced. */
  #takeExpunges(): void {
    const rows: IndexRow[] = []
    for (let entry = this.#taken.next; entry !== undefined; entry = entry.next) {
      const expunged = entry.removed.filter((row) => row.uid <= this.#window.lastUid)
      if (expunged.length > 0) this.#unannouncedAfter ??= entry.after
      for (const row of expunged) rows.push(row)
      this.#taken = entry
    }
    this.#window.hold(rows)
  }
  get #current(): ReturnType<typeof createWindow> {
    if (this.#taken !== this.#state.tail) this.#takeExpunges()
    return this.#window
  }

  /** UIDs with untold flag changes among the messages that the client knows, ascending. */
  #takeFlagged(): Uid[] {
    const { columns } = this.#state
    const { lastUid } = this.#window
    const uids = new Set<Uid>()
    for (let entry = this.#told.next; entry !== undefined; entry = entry.next) {
      // A merged entry may hide somebody else's change behind our own: tell it.
      const hidden = entry.merged ? undefined : this.#quietUids?.get(entry.modSeq)
      for (const uid of entry.flagged) if (uid <= lastUid && hidden?.has(uid) !== true) uids.add(uid)
      this.#told = entry
    }
    if (this.#rescanAfter !== undefined) {
      const end = columns.lowerBound(lastUid + 1)
      const after = this.toldSince(this.#rescanAfter)
      for (let at = 0; at < end; at++) if (columns.modSeqAt(at) > after) uids.add(columns.uidAt(at))
      this.#rescanAfter = undefined
    }
    this.#quietNext = undefined
    this.#quietUids = undefined
    return [...uids].sort((a, b) => a - b)
  }

  #sayExpunges(): Update[] {
    this.#unannouncedAfter = undefined
    const window = this.#window
    return window.unannounced.length === 0 ? [] : window.release().map((gone) => ({ kind: 'expunge', ...gone }))
  }
  #sayArrivals(): Update[] {
    const before = this.#window.lastUid
    if (this.#window.extend() === 0) return []
    this.#recent.arrived(before, this.#window.lastUid)
    return [{ kind: 'exists', count: this.#window.exists, recent: this.#recent.count }]
  }
  #sayFlags(uids: readonly Uid[]): Update[] {
    const { columns } = this.#state
    const updates: Update[] = []
    for (const uid of uids) {
      const at = columns.positionOf(uid)
      if (at < 0) continue
      const seq = seqNum(this.#window.countBelow(uid) + 1)
      const row = { flags: this.#seenHere(columns.flagsAt(at)), modSeq: columns.modSeqAt(at) }
      updates.push({ kind: 'flags', seq, uid, ...row, recent: this.#recent.has(uid) })
    }
    return updates
  }

  /** RFC 9051 7.5.1: numbers of expunged messages first, highest first; new messages may be told while expunges are held. */
  #move(expunges: 'say' | 'hold'): Update[] {
    if (this.#taken !== this.#state.tail) this.#takeExpunges()
    const flagged = this.#takeFlagged()
    const updates = expunges === 'say' ? this.#sayExpunges() : []
    updates.push(...this.#sayArrivals())
    for (const update of this.#sayFlags(flagged)) updates.push(update)
    this.#toldModSeq = this.#unannouncedAfter ?? this.#state.modSeq
    return updates
  }

  fold(): void {
    if (this.#taken !== this.#state.tail) this.#takeExpunges()
    if (this.#told === this.#state.tail) return
    this.#rescanAfter ??= this.#told.modSeq
    this.#told = this.#state.tail
  }
  wake(): void {
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        this.#options.log.error(`a listener for news of a mailbox failed: ${textOf(error)}`)
      }
    }
  }

  get exists(): number {
    return this.#current.exists
  }
  get highestModSeq(): ModSeq {
    return this.#toldModSeq
  }
  toldSince(named: number): number {
    return this.#state.toldSince(named)
  }
  uidAt(seq: number): Uid {
    return this.#current.uidAt(seq)
  }
  seqOf(uid: number): SeqNum | undefined {
    return this.#current.seqOf(uid)
  }
  flagsAt(seq: number): FlagSet {
    return this.#seenHere(this.#current.at(seq, this.#state.columns.flagsAt, (row) => row.flags))
  }
  matching(test: (flags: FlagSet, seq: number) => boolean, first: number, last: number): readonly number[] {
    if (this.#current.unannounced.length === 0) {
      const positions = this.#state.columns.matching(
        (flags, at) => test(this.#seenHere(flags), at + 1),
        first - 1,
        last,
      )
      return positions.map((at) => at + 1)
    }
    const answers = new Map<FlagSet, boolean>()
    const seqs: number[] = []
    for (let seq = first; seq <= last; seq++) {
      const flags = this.flagsAt(seq)
      const answer = answers.get(flags) ?? test(flags, seq)
      answers.set(flags, answer)
      if (answer) seqs.push(seq)
    }
    return seqs
  }
  modSeqAt(seq: number): ModSeq {
    return this.#current.at(seq, this.#state.columns.modSeqAt, (row) => row.modSeq)
  }
  sizeAt(seq: number): number {
    return this.#current.at(seq, this.#state.columns.sizeAt, (row) => row.size)
  }
  internalDateAt(seq: number): number {
    return this.#current.at(seq, this.#state.columns.internalDateAt, (row) => row.internalDate)
  }
  isGone(seq: number): boolean {
    return this.#current.at(
      seq,
      () => false,
      () => true,
    )
  }
  isRecent(seq: number): boolean {
    return this.#recent.has(this.#current.uidAt(seq))
  }
  get recentCount(): number {
    if (this.#taken !== this.#state.tail) this.#takeExpunges()
    return this.#recent.count
  }
  get holdsExpunges(): boolean {
    return this.#current.unannounced.length > 0
  }
  get hasNews(): boolean {
    const { tail, behind } = this.#state
    return this.#told !== tail || this.#rescanAfter !== undefined || behind || this.#window.unannounced.length > 0
  }
  async sync(expunges: 'say' | 'hold', look: Look = 'always'): Promise<readonly Update[]> {
    if (this.#closed) return []
    const known = look === 'never' || (look === 'unwritten' && this.#wrote)
    this.#wrote = false
    await (known ? this.#state.catchUp() : this.#state.refresh())
    // New messages are \Recent in one session of all processes.
    if (this.#options.recent === 'claim' && this.#state.columns.lastUid > this.#window.lastUid)
      await this.#state.claimRecent()
    return this.#closed ? [] : this.#move(expunges)
  }
  stored(commits: readonly ModSeq[]): void {
    if (commits.length > 0) this.#wrote = true
    const uids = this.#quietNext
    if (uids !== undefined && commits.length > 0) {
      this.#quietUids ??= new Map()
      for (const at of commits) this.#quietUids.set(at, uids)
    }
    this.#quietNext = undefined
  }
  quiet(uids: readonly Uid[]): void {
    this.#quietNext = new Set(uids)
  }
  onNews(call: () => void): () => void {
    // A wrapper of its own: the same function may listen twice and leave once.
    const listener = () => call()
    if (!this.#closed) this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }
  /** Flags as this session sees them: asked of many messages, few of which have others than the one before. */
  #seenHere(flags: FlagSet): FlagSet {
    const { seen } = this.#options
    if (seen === undefined && flags.keywords.length === 0) return flags
    this.#shown ??= new WeakMap()
    const known = this.#shown.get(flags)
    if (known) return known
    const shown = seen === undefined ? publicFlags(flags) : flagsSeenBy(seen, flags)
    this.#shown.set(flags, shown)
    return shown
  }

  get account(): AccountId {
    return this.#options.account
  }
  get rights(): Rights {
    return this.#options.rights
  }
  permit(rights: Rights, seen: string | undefined): void {
    if (seen !== this.#options.seen) this.#shown = new WeakMap()
    this.#options.rights = rights
    this.#options.seen = seen
    if (!rights.includes('r')) this.wake()
  }
  get gone(): Gone | undefined {
    return this.#state.gone ?? (this.#options.rights.includes('r') ? undefined : 'refused')
  }
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#listeners = []
    this.#state.watchers.delete(this)
    this.#options.onClose()
  }
}

/**
 * Flags, mod-sequences and sizes are answered as they are committed now; which messages there are, and their numbers, as the
 * client was told. A session that says nothing holds no more than its place in the chain of entries.
 */
export const createView = (state: MailboxState, options: ViewOptions): SessionView => new WindowView(state, options)

/** The numbers of a SELECT are those of the window, not those of the moment when the mailbox was looked up. */
function asOpened(mailbox: Mailbox, { columns, modSeq }: MailboxState): Mailbox {
  const uidNext = uid(Math.max(mailbox.uidNext, columns.lastUid + 1))
  return { ...mailbox, uidNext, highestModSeq: modSeq, messages: columns.length }
}
