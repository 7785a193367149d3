import type { MailboxChange } from '../../store/change'
import type { Mailbox, Store } from '../../store/store'
import type { AccountId, MailboxId } from '../../terms/names'
import type { Log } from '../../terms/ports'
import { giveWay } from '../../work/turns'
import { createState, type MailboxState } from './state'

/** The mailboxes that sessions of this process look at, each once, and the last used ones in case they come back. */
export interface States {
  /** `undefined`: the mailbox is gone. Up to date with everything known at the call. */
  acquire(account: AccountId, mailbox: Mailbox): Promise<AcquiredState | undefined>
  /** A commit of this process. */
  offer(change: MailboxChange): void
  /** Another process brought a mailbox to this mod-sequence. */
  reached(mailbox: MailboxId, at: number): void
  vanish(mailbox: MailboxId): void
  /** Asks the store about every mailbox that is looked at: notices may have been lost. */
  refreshAll(): Promise<void>
  /** for metrics and tests */
  readonly size: { readonly mailboxes: number; readonly rows: number }
  close(): void
}

/** A state, and the way to give it back. */
interface AcquiredState {
  readonly state: MailboxState
  /** Idempotent. */
  release(): void
}

interface Slot {
  readonly id: MailboxId
  users: number
  state: MailboxState | undefined
  loading: Promise<MailboxState | undefined>
  /** what came while the snapshot was being read */
  early: MailboxChange[]
  reached: number
  gone: boolean
}

/** mailboxes that are asked for in one turn of the event loop */
const AT_ONCE = 100
/** mailboxes that nobody looks at, however small */
const MOST_IDLE = 256

export interface StatesOptions {
  readonly store: Store
  readonly log: Log
  /** rows of mailboxes that nobody looks at; about 28 octets each */
  readonly keepRows: number
}

export function createStates({ store, log, keepRows }: StatesOptions): States {
  const slots = new Map<MailboxId, Slot>()
  /** without users, the longest unused first */
  const idle = new Map<MailboxId, MailboxState>()

  /** Its sessions keep it to their end; whoever opens the mailbox from now on reads it anew. */
  function forget(slot: Slot): void {
    if (slots.get(slot.id) === slot) slots.delete(slot.id)
    if (idle.get(slot.id) === slot.state) idle.delete(slot.id)
  }

  function load(account: AccountId, id: MailboxId): Slot {
    const slot: Slot = {
      id,
      users: 0,
      state: undefined,
      loading: Promise.resolve(undefined),
      early: [],
      reached: 0,
      gone: false,
    }
    slot.loading = read(account, slot).catch((error) => {
      forget(slot)
      throw error
    })
    slots.set(id, slot)
    return slot
  }
  async function read(account: AccountId, slot: Slot): Promise<MailboxState | undefined> {
    const snapshot = await store.messages.snapshot(account, slot.id)
    if (snapshot === undefined) {
      forget(slot)
      return undefined
    }
    const state = createState({ store, log }, account, snapshot)
    slot.state = state
    for (const change of slot.early) state.offer(change)
    slot.early = []
    state.reached(slot.reached)
    if (slot.gone) state.vanish('deleted')
    return state
  }

  function letGo(slot: Slot, state: MailboxState): void {
    if (--slot.users > 0) return
    if (state.gone || slots.get(slot.id) !== slot) return
    idle.set(slot.id, state)
    let rows = [...idle.values()].reduce((sum, { columns }) => sum + columns.length, 0)
    for (const [id, oldest] of idle) {
      if (rows <= keepRows && idle.size <= MOST_IDLE) break
      rows -= oldest.columns.length
      idle.delete(id)
      slots.delete(id)
    }
  }

  async function acquire(account: AccountId, mailbox: Mailbox, anew = true): Promise<AcquiredState | undefined> {
    const { id, highestModSeq } = mailbox
    const slot = slots.get(id) ?? load(account, id)
    slot.users++
    idle.delete(id)
    try {
      const state = await slot.loading
      if (state === undefined) return undefined
      state.reached(highestModSeq)
      await state.catchUp()
      if (!state.gone) return acquired(slot, state)
      letGo(slot, state)
      forget(slot)
      return anew && state.gone === 'restored' ? acquire(account, mailbox, false) : undefined
    } catch (error) {
      if (slot.state !== undefined) letGo(slot, slot.state)
      throw error
    }
  }
  function acquired(slot: Slot, state: MailboxState): AcquiredState {
    let released = false
    return {
      state,
      release() {
        if (!released) letGo(slot, state)
        released = true
      },
    }
  }

  return {
    acquire: (account, mailbox) => acquire(account, mailbox),
    offer(change) {
      const slot = slots.get(change.mailbox)
      if (slot?.state !== undefined) slot.state.offer(change)
      else slot?.early.push(change)
    },
    reached(mailbox, at) {
      const slot = slots.get(mailbox)
      if (slot === undefined) return
      slot.reached = Math.max(slot.reached, at)
      slot.state?.reached(at)
    },
    vanish(mailbox) {
      const slot = slots.get(mailbox)
      if (slot === undefined) return
      slot.gone = true
      slot.state?.vanish('deleted')
      forget(slot)
    },
    async refreshAll() {
      const watched = [...slots.values()].filter((slot) => (slot.state?.watchers.size ?? 0) > 0)
      while (watched.length > 0) {
        await Promise.all(watched.splice(-AT_ONCE).map((slot) => slot.state?.refresh()))
        // Everybody else has a turn: there may be thousands.
        await giveWay()
      }
    },
    get size() {
      const rows = [...slots.values()].reduce((sum, slot) => sum + (slot.state?.columns.length ?? 0), 0)
      return { mailboxes: slots.size, rows }
    },
    close() {
      idle.clear()
      slots.clear()
    },
  }
}
