import { setImmediate } from 'node:timers'
import { setTimeout as after } from 'node:timers/promises'
import type { MailboxChange } from '../../store/change'
import { toldSince } from '../../store/gaps'
import type { Mailbox, Snapshot, Store } from '../../store/store'
import type { AccountId } from '../../terms/names'
import { type ModSeq, uid } from '../../terms/numbers'
import type { Log } from '../../terms/ports'
import type { Gone } from '../mailbox'
import { ClaimedRecent } from './claimed-recent'
import { type Columns, createColumns } from './columns'
import { applyChange, cameBack, difference, firstEntry, type JournalEntry } from './journal'

/** What a view is to the state it looks at. */
export interface Watcher {
  /** there may be news; called at most once per turn of the event loop */
  wake(): void
  /** The chain of entries has grown long: take in what is pending, so that old entries can be forgotten. */
  fold(): void
}

/**
 * One mailbox as all sessions of this process see it: the columns of what is committed, and the chain of what was changed.
 * Changes are applied strictly in the order of mod-sequences; a gap (another process wrote, a notice was lost) is filled from
 * the store. Nothing gets in here that is not committed.
 */
export interface MailboxState {
  readonly account: AccountId
  /** as the snapshot had it */
  readonly mailbox: Mailbox
  readonly columns: Columns
  readonly modSeq: ModSeq
  readonly tail: JournalEntry
  /** more is known to be committed than the columns have */
  readonly behind: boolean
  /** why nothing is to be learnt here any more */
  readonly gone: Gone | undefined
  /** as `View` has it */
  toldSince(named: number): number
  readonly recent: ClaimedRecent
  /** Resolves when nobody else can claim what is in the columns now: it is this process's, or was another's before. */
  claimRecent(): Promise<void>
  /** A commit of this process. */
  offer(change: MailboxChange): void
  /** The mailbox is known to be at this mod-sequence (a notice, or a look into the store). */
  reached(at: number): void
  /** Resolves when everything known at the call is in the columns. Rejects when the store does. */
  catchUp(): Promise<void>
  /** Asks the store how far the mailbox is, then catches up; callers at one moment share the question. */
  refresh(): Promise<void>
  vanish(why: Gone): void
  readonly watchers: Set<Watcher>
}

/** A view may lag by this many entries before it must fold them. */
const LONGEST_CHAIN = 4096
const MOST_EARLY = 1000
/** milliseconds before each next question to a store that does not know yet of what it has committed */
const PATIENCE = [0, 1, 2, 5, 10, 20, 50]

export function createState(
  { store, log }: { store: Store; log: Log },
  account: AccountId,
  snapshot: Snapshot,
): MailboxState {
  const { mailbox } = snapshot
  const columns = createColumns(snapshot)
  const watchers = new Set<Watcher>()
  /** changes that came before the one they build on, by its mod-sequence */
  const early = new Map<number, MailboxChange>()
  let { gaps, uidNext, highestModSeq: modSeq } = mailbox
  let target: number = modSeq
  let tail = firstEntry(modSeq)
  let gone: Gone | undefined
  let waking = false
  /** questions in a row that brought nothing */
  let futile = 0
  let stepping: Promise<void> | undefined
  let asking: Promise<void> | undefined
  let claiming: Promise<void> | undefined
  const recent = new ClaimedRecent()

  function wakeSoon(): void {
    if (waking || watchers.size === 0) return
    waking = true
    setImmediate(() => {
      waking = false
      for (const watcher of watchers) watcher.wake()
    })
  }

  function apply(change: MailboxChange): void {
    tail = applyChange(columns, tail, change)
    modSeq = change.modSeq
    uidNext = uid(Math.max(uidNext, columns.lastUid + 1))
    target = Math.max(target, modSeq)
    if (tail.serial % LONGEST_CHAIN === 0) for (const watcher of watchers) watcher.fold()
    wakeSoon()
  }
  function applyEarly(): void {
    for (let next = early.get(modSeq); next !== undefined; next = early.get(modSeq)) {
      early.delete(modSeq)
      apply(next)
    }
    if (early.size > 0) for (const after of early.keys()) if (after < modSeq) early.delete(after)
  }

  function offer(change: MailboxChange): void {
    if (change.modSeq <= modSeq || gone) return
    target = Math.max(target, change.modSeq)
    // The store has them all anyway.
    if (early.size >= MOST_EARLY) early.clear()
    early.set(change.after, change)
    applyEarly()
    if (modSeq < target && watchers.size > 0) pursue()
  }
  function reached(at: number): void {
    if (at <= target || gone) return
    target = at
    if (watchers.size > 0) pursue()
  }

  async function step(): Promise<void> {
    const since = modSeq
    const change = await store.messages.changesSince(account, mailbox.id, since)
    if (change === undefined) await reload()
    // Commits of this process may have closed the gap meanwhile; an answer from before them is worth nothing.
    else if (change.modSeq > since && modSeq === since) apply(change)
    applyEarly()
    if (modSeq > since || gone) futile = 0
    else await askAgain(since)
  }
  async function reload(): Promise<void> {
    const newer = await store.messages.snapshot(account, mailbox.id)
    if (newer === undefined) return vanish('deleted')
    gaps = newer.mailbox.gaps
    if (newer.mailbox.highestModSeq <= modSeq) return
    // No response puts a message back among those that a client has numbered.
    if (cameBack(columns, newer, uidNext)) return vanish('restored')
    apply(difference(account, columns, modSeq, newer))
    uidNext = uid(Math.max(uidNext, newer.mailbox.uidNext))
  }
  /**
   * A store may answer from a snapshot that it took shortly before the commit we were told of: ask again in a moment. When it
   * still knows of nothing, the notice was wrong, and waiting for it would never end.
   */
  async function askAgain(since: ModSeq): Promise<void> {
    const goal = target
    await after(PATIENCE[futile] ?? 0)
    futile = modSeq > since ? 0 : futile + 1
    if (futile < PATIENCE.length) return
    futile = 0
    if (target === goal) target = modSeq
  }
  async function catchUp(): Promise<void> {
    const goal = target
    while (modSeq < goal && goal <= target && !gone) {
      stepping ??= step().finally(() => {
        stepping = undefined
      })
      await stepping
    }
  }
  /** In the background: when it fails, `target` stays and the next caller tries again. */
  function pursue(): void {
    catchUp().catch((error: Error) => log.debug(`mailbox ${mailbox.id}: not caught up yet: ${error.message}`))
  }

  async function ask(): Promise<void> {
    const now = await store.mailboxes.modSeq(account, mailbox.id)
    if (now === undefined) vanish('deleted')
    else reached(now)
  }
  async function refresh(): Promise<void> {
    if (gone) return
    // Asked after this turn's callers have come, so that the answer is never older than a call.
    asking ??= Promise.resolve().then(() => {
      asking = undefined
      return ask()
    })
    await asking
    await catchUp()
  }

  async function claimRecent(): Promise<void> {
    if (gone || recent.claimedTo >= columns.lastUid) return
    claiming ??= store.mailboxes
      .claimRecent(account, mailbox.id)
      .then(({ from, next }) => {
        recent.claimed({ from, to: next - 1 })
        recent.claimedTo = Math.max(recent.claimedTo, next - 1)
      })
      .catch((error: Error) => log.debug(`mailbox ${mailbox.id}: nothing is \\Recent: ${error.message}`))
      .finally(() => {
        claiming = undefined
      })
    await claiming
  }

  function vanish(why: Gone): void {
    if (gone) return
    gone = why
    wakeSoon()
  }

  return {
    account,
    mailbox,
    columns,
    watchers,
    recent,
    claimRecent,
    get modSeq() {
      return modSeq
    },
    get tail() {
      return tail
    },
    get behind() {
      return modSeq < target
    },
    get gone() {
      return gone
    },
    toldSince: (named) => toldSince(gaps, named),
    offer,
    reached,
    catchUp,
    refresh,
    vanish,
  }
}
