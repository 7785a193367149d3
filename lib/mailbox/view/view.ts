import type { IndexRow } from '../../store/change'
import type { Mailbox } from '../../store/store'
import { type ModSeq, seqNum, type Uid, uid } from '../../terms/numbers'
import type { Log } from '../../terms/ports'
import type { Update, View } from '../mailbox'
import type { Entry } from './journal'
import { createRecent } from './recent'
import type { MailboxState, Watcher } from './state'
import { createWindow } from './window'

/** A view as its own account sees it. */
export interface SessionView extends View {
  /** This session's STORE, of what `quiet` was said, is over: the mod-sequences of its commits. */
  stored(commits: readonly ModSeq[]): void
}

export interface ViewOptions {
  readonly mailbox: Mailbox
  /** the first UID that may be \Recent here */
  readonly recentFrom: number
  readonly recent: 'claim' | 'peek'
  readonly log: Log
  onClose(): void
}

/**
 * Flags, mod-sequences and sizes are answered as they are committed now; which messages there are, and their numbers, as the
 * client was told. A session that says nothing holds no more than its place in the chain of entries.
 */
export function createView(state: MailboxState, options: ViewOptions): SessionView {
  const { columns } = state
  const window = createWindow(columns)
  const recent = createRecent(state, window, options.recentFrom, options.recent)
  /** the last entry whose flag changes were told, and the last whose expunges are in the window's held rows */
  let told: Entry = state.tail
  let taken: Entry = state.tail
  /** everything up to here was told: what a client may remember (RFC 7162 3.1.2.1) */
  let toldModSeq = state.modSeq
  let heldAfter: ModSeq | undefined
  /** the chain was folded: look at the columns for flags changed after this mod-sequence */
  let rescanAfter: ModSeq | undefined
  /** of this session's next STORE, and of those that were committed, by mod-sequence */
  let quietNext: ReadonlySet<Uid> | undefined
  let quietUids = new Map<ModSeq, ReadonlySet<Uid>>()
  let listener: (() => void) | undefined
  let closed = false
  const mailbox = asOpened(options.mailbox, state)

  /** Expunged rows that this client knows stay in its numbering until they are announced. */
  function takeExpunges(): void {
    const rows: IndexRow[] = []
    for (let entry = taken.next; entry !== undefined; entry = entry.next) {
      const known = entry.removed.filter((row) => row.uid <= window.lastUid)
      if (known.length > 0) heldAfter ??= entry.after
      for (const row of known) rows.push(row)
      taken = entry
    }
    window.hold(rows)
  }
  function current(): typeof window {
    if (taken !== state.tail) takeExpunges()
    return window
  }

  /** UIDs with untold flag changes among the messages that the client knows, ascending. */
  function takeFlagged(): Uid[] {
    const uids = new Set<Uid>()
    for (let entry = told.next; entry !== undefined; entry = entry.next) {
      // A merged entry may hide somebody else's change behind our own: tell it.
      const hidden = entry.merged ? undefined : quietUids.get(entry.modSeq)
      for (const one of entry.flagged) if (one <= window.lastUid && hidden?.has(one) !== true) uids.add(one)
      told = entry
    }
    if (rescanAfter !== undefined) {
      const known = columns.lowerBound(window.lastUid + 1)
      for (let at = 0; at < known; at++) if (columns.modSeqAt(at) > rescanAfter) uids.add(columns.uidAt(at))
      rescanAfter = undefined
    }
    quietNext = undefined
    if (quietUids.size > 0) quietUids = new Map()
    return [...uids].sort((a, b) => a - b)
  }

  function sayExpunges(): Update[] {
    heldAfter = undefined
    return window.held.length === 0 ? [] : window.release().map((gone) => ({ kind: 'expunge', ...gone }))
  }
  function sayArrivals(): Update[] {
    const before = window.lastUid
    if (window.extend() === 0) return []
    recent.arrived(before, window.lastUid)
    return [{ kind: 'exists', count: window.exists, recent: recent.count }]
  }
  function sayFlags(uids: readonly Uid[]): Update[] {
    const updates: Update[] = []
    for (const one of uids) {
      const at = columns.positionOf(one)
      if (at < 0) continue
      const seq = seqNum(window.countBelow(one) + 1)
      const row = { flags: columns.flagsAt(at), modSeq: columns.modSeqAt(at) }
      updates.push({ kind: 'flags', seq, uid: one, ...row, recent: recent.has(one) })
    }
    return updates
  }

  /** RFC 9051 7.5.1: numbers of expunged messages first, highest first; new messages may be told while expunges are held. */
  function move(expunges: 'say' | 'hold'): Update[] {
    current()
    const flagged = takeFlagged()
    const updates = expunges === 'say' ? sayExpunges() : []
    updates.push(...sayArrivals())
    for (const update of sayFlags(flagged)) updates.push(update)
    toldModSeq = heldAfter ?? state.modSeq
    return updates
  }

  function fold(): void {
    current()
    if (told === state.tail) return
    rescanAfter ??= told.modSeq
    told = state.tail
  }

  const watcher: Watcher = {
    fold,
    wake() {
      try {
        if (!closed) listener?.()
      } catch (error) {
        options.log.error(`a listener for news of a mailbox failed: ${String(error)}`)
      }
    },
  }
  state.watchers.add(watcher)

  return {
    mailbox,
    get exists() {
      return current().exists
    },
    get highestModSeq() {
      return toldModSeq
    },
    uidAt: (seq) => current().uidAt(seq),
    seqOf: (uid) => current().seqOf(uid),
    flagsAt: (seq) => current().at(seq, columns.flagsAt, (row) => row.flags),
    modSeqAt: (seq) => current().at(seq, columns.modSeqAt, (row) => row.modSeq),
    sizeAt: (seq) => current().at(seq, columns.sizeAt, (row) => row.size),
    internalDateAt: (seq) => current().at(seq, columns.internalDateAt, (row) => row.internalDate),
    isGone: (seq) =>
      current().at(
        seq,
        () => false,
        () => true,
      ),
    isRecent: (seq) => recent.has(current().uidAt(seq)),
    get recentCount() {
      current()
      return recent.count
    },
    get holdsExpunges() {
      return current().held.length > 0
    },
    get hasNews() {
      return told !== state.tail || rescanAfter !== undefined || state.behind || window.held.length > 0
    },
    async sync(expunges) {
      if (closed) return []
      await state.refresh()
      return closed ? [] : move(expunges)
    },
    stored(commits) {
      if (quietNext !== undefined) for (const at of commits) quietUids.set(at, quietNext)
      quietNext = undefined
    },
    quiet(uids) {
      quietNext = new Set(uids)
    },
    onNews(call) {
      listener = call
    },
    get gone() {
      return state.gone
    },
    close() {
      if (closed) return
      closed = true
      listener = undefined
      state.watchers.delete(watcher)
      options.onClose()
    },
  }
}

/** The numbers of a SELECT are those of the window, not those of the moment when the mailbox was looked up. */
function asOpened(mailbox: Mailbox, { columns, modSeq }: MailboxState): Mailbox {
  const uidNext = uid(Math.max(mailbox.uidNext, columns.lastUid + 1))
  return { ...mailbox, uidNext, highestModSeq: modSeq, messages: columns.length }
}
