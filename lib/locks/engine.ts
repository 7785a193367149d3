import { randomUUID } from 'node:crypto'
import { textOf } from '../terms/errors'
import { failed, ok, type Result } from '../terms/fault'
import { fence } from '../terms/numbers'
import type { Clock, Log, Metrics } from '../terms/ports'
import { holdWith } from './hold'
import { createLeases } from './leases'
import type { AccountLocks, EndReason, Holder, Lease, LockRequest, Locks, Refusal } from './locks'
import { createPlaces } from './places'
import { type AccountRecord, type ClaimRecord, grant, grantWaiters, type HolderRecord, obstacle, purge } from './record'
import type { LockSettings } from './settings'

/** Where records live. `change` is one step that no other process can come between; throws when the table is broken. */
export interface LockTable {
  change<T>(account: string, change: (record: AccountRecord) => T): T
  list(account?: string): readonly (readonly [string, AccountRecord])[]
  close(): Promise<void>
}

/** The other processes. */
export interface Peers {
  /** this process's name, unique also after its pid is used again */
  readonly self: string
  /** whether that process still runs and has shown life in time */
  alive(process: string): boolean
  /** Fire and forget: who is gone needs no message. */
  send(process: string, message: PeerMessage): void
  /** Calls back once when that process ends. @returns stop watching */
  watch(process: string, gone: () => void): () => void
  close(): Promise<void>
}

export type PeerMessage =
  | { readonly kind: 'granted'; readonly account: string; readonly id: string }
  | { readonly kind: 'end'; readonly account: string; readonly id: string; readonly reason: EndReason }

export interface EnginePorts {
  readonly driver: string
  readonly table: LockTable
  readonly peers: Peers
  readonly settings: LockSettings
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

export interface Engine extends Locks {
  /** what another process says */
  receive(message: PeerMessage): void
  /** this process was thought dead: every lease is over */
  expire(): void
  /** now and then: writes down when holders were active, and looks whether those that wait were forgotten */
  tend(): void
}

interface Waiting {
  readonly account: string
  readonly claim: ClaimRecord
  readonly takeover: 'never' | number
  arrive(holder: HolderRecord): void
}

export function createEngine({ driver, table, peers, settings, clock, log, metrics }: EnginePorts): Engine {
  const waiting = new Map<string, Waiting>()
  const places = createPlaces(settings.waiters)
  const living = (process: string): boolean => process === peers.self || peers.alive(process)
  const nextOnes = (record: AccountRecord): HolderRecord[] => grantWaiters(record, clock.now(), living)

  const showHolder = (account: string, record: HolderRecord): Holder => ({
    ...record,
    account,
    activeAt: leases.activeAt(record.id) ?? record.activeAt,
    fence: fence(record.fence),
  })

  /** Tells waiters that were granted by somebody's release. */
  function wake(account: string, granted: readonly HolderRecord[]): void {
    for (const holder of granted) {
      if (holder.process === peers.self) arrived(account, holder)
      else peers.send(holder.process, { kind: 'granted', account, id: holder.id })
    }
  }

  function arrived(account: string, holder: HolderRecord): void {
    const waiter = waiting.get(holder.id)
    if (waiter) waiter.arrive(holder)
    // Nobody waits any more (the client hung up): give it back. It may also be said twice.
    else if (!leases.has(holder.id)) giveBack(account, holder.id)
  }

  function giveBack(account: string, id: string): void {
    try {
      const granted = table.change(account, (record) => {
        const before = record.holders.length
        record.holders = record.holders.filter((holder) => holder.id !== id)
        record.waiters = record.waiters.filter((waiter) => waiter.id !== id)
        return before === record.holders.length && record.waiters.length === 0 ? [] : nextOnes(record)
      })
      wake(account, granted)
    } catch (error) {
      broken(account, error)
    }
  }
  /** Takes out what dead processes left, and lets in who can get in now. @param mine a grant that was not heard of */
  function bury(account: string, mine: (record: AccountRecord) => HolderRecord | undefined = () => undefined): void {
    try {
      const granted = table.change(account, (record) => {
        purge(record, living)
        const own = mine(record)
        return own ? [own] : nextOnes(record)
      })
      wake(account, granted)
    } catch (error) {
      broken(account, error)
    }
  }
  function broken(account: string, error: unknown): void {
    log.error(`lock of ${account}: ${textOf(error)}`)
  }

  const leases = createLeases({
    metrics,
    now: () => clock.now(),
    giveBack,
    describe: (account, id, client) => amend(account, id, { client }),
  })

  function amend(account: string, id: string, change: Partial<HolderRecord>): void {
    try {
      table.change(account, (current) => {
        current.holders = current.holders.map((holder) => (holder.id === id ? { ...holder, ...change } : holder))
      })
    } catch (error) {
      broken(account, error)
    }
  }

  /** Ends exclusive holders that are idle for longer than this request allows. */
  function takeOver(
    account: string,
    record: AccountRecord,
    claim: ClaimRecord,
    takeover: 'never' | number,
  ): HolderRecord[] {
    if (takeover === 'never' || claim.access !== 'exclusive') return []
    const now = clock.now()
    const idle = record.holders.filter(
      (holder) => holder.access === 'exclusive' && now - showHolder(account, holder).activeAt >= takeover,
    )
    record.holders = record.holders.filter((holder) => !idle.includes(holder))
    return idle
  }

  type Try = { readonly holder: HolderRecord } | { readonly by: HolderRecord }

  function tryOnce(account: string, claim: ClaimRecord, takeover: 'never' | number, enqueue: boolean): Try {
    const taken: HolderRecord[] = []
    const outcome = table.change(account, (record): { result: Try; woken: HolderRecord[] } => {
      if (obstacle(record, claim)) {
        purge(record, living)
        taken.push(...takeOver(account, record, claim, takeover))
      }
      // Who waited longer goes first when a dead holder made room.
      const woken = record.waiters.length > 0 ? nextOnes(record) : []
      const by = obstacle(record, claim)
      if (!by) return { result: { holder: grant(record, claim, clock.now()) }, woken }
      if (enqueue && !record.waiters.some((waiter) => waiter.id === claim.id))
        record.waiters.push({ ...claim, takeover })
      return { result: { by }, woken }
    })
    for (const holder of taken) {
      if (holder.process === peers.self) leases.end(holder.id, 'taken-over')
      else peers.send(holder.process, { kind: 'end', account, id: holder.id, reason: 'taken-over' })
    }
    wake(account, outcome.woken)
    return outcome.result
  }

  /** A wake-up is lost when this process was stopped for so long that it was taken for dead, or a holder's process is. */
  function lookAgain({ account, claim, takeover }: Waiting): void {
    bury(account, (record) => {
      const mine = record.holders.find(({ id }) => id === claim.id)
      if (!mine && !record.waiters.some(({ id }) => id === claim.id)) record.waiters.push({ ...claim, takeover })
      return mine
    })
  }

  /** Waits in the queue; looks again when the process of a holder ends. */
  function queue(
    account: string,
    claim: ClaimRecord,
    takeover: 'never' | number,
    by: HolderRecord,
    wait: number,
    signal: AbortSignal | undefined,
  ): Promise<HolderRecord | 'late' | 'cancelled'> {
    return new Promise((resolve) => {
      const stops: (() => void)[] = []
      const settle = (outcome: HolderRecord | 'late' | 'cancelled'): void => {
        clearTimeout(timer)
        for (const stop of stops) stop()
        signal?.removeEventListener('abort', cancel)
        if (typeof outcome === 'string') giveBack(account, claim.id)
        resolve(outcome)
      }
      const cancel = (): void => settle('cancelled')
      const timer = setTimeout(() => settle('late'), wait)
      const mine: Waiting = { account, claim, takeover, arrive: settle }
      waiting.set(claim.id, mine)
      signal?.addEventListener('abort', cancel)
      const look = (holder: HolderRecord): void => {
        if (holder.process === peers.self) return
        stops.push(
          peers.watch(holder.process, () => {
            lookAgain(mine)
            const next = table.list(account)[0]?.[1].holders.find((one) => one.process !== peers.self)
            if (waiting.has(claim.id) && next) look(next)
          }),
        )
      }
      look(by)
    })
  }

  async function acquire(request: LockRequest, signal?: AbortSignal): Promise<Result<Lease, Refusal>> {
    const { account, access, protocol, address, client } = request
    const mode = request.mode ?? settings.mode
    const claim: ClaimRecord = { id: randomUUID(), process: peers.self, access, mode, protocol, address, client }
    const takeover = request.takeover ?? settings.takeover
    const wait = request.wait ?? settings.wait[protocol]
    if (signal?.aborted) return failed({ kind: 'cancelled' })
    const leave = wait > 0 ? places.take(account, address) : undefined
    try {
      const first = tryOnce(account, claim, takeover, leave !== undefined)
      if ('holder' in first) return ok(leases.open(account, first.holder))
      if (!leave) return leases.refused(request, showHolder(account, first.by))
      const started = performance.now()
      const outcome = await queue(account, claim, takeover, first.by, wait, signal)
      leases.waited(request, performance.now() - started)
      if (outcome === 'cancelled') return failed({ kind: 'cancelled' })
      const last = outcome === 'late' ? tryOnce(account, claim, takeover, false) : { holder: outcome }
      if ('by' in last) return leases.refused(request, showHolder(account, last.by))
      return ok(leases.open(account, last.holder))
    } catch (error) {
      broken(account, error)
      return leases.unavailable(request, 'the lock table cannot be used')
    } finally {
      leave?.()
      waiting.delete(claim.id)
    }
  }

  function listed([account, record]: readonly [string, AccountRecord]): AccountLocks[] {
    const holders = record.holders
      .filter((holder) => living(holder.process))
      .map((holder) => showHolder(account, holder))
    const waiters = record.waiters.filter((waiter) => living(waiter.process)).length
    return holders.length + waiters > 0 ? [{ account, holders, waiters }] : []
  }

  return {
    driver,
    acquire,
    hold: holdWith(acquire),
    list: async (account) => table.list(account).flatMap(listed),
    kick: async (account, leaseId) => {
      const holders = table.list(account)[0]?.[1].holders ?? []
      const chosen = holders.filter((holder) => leaseId === undefined || holder.id === leaseId)
      for (const holder of chosen) {
        if (holder.process === peers.self) leases.end(holder.id, 'kicked')
        else if (peers.alive(holder.process))
          peers.send(holder.process, { kind: 'end', account, id: holder.id, reason: 'kicked' })
        else bury(account)
      }
      return chosen.length
    },
    close: async () => {
      leases.endAll('closed')
      await peers.close()
      await table.close()
    },
    receive: (message) => {
      if (message.kind === 'end') {
        leases.end(message.id, message.reason)
        return
      }
      const holder = table.list(message.account)[0]?.[1].holders.find((one) => one.id === message.id)
      if (holder && holder.process === peers.self) arrived(message.account, holder)
    },
    expire: () => leases.endAll('expired'),
    tend: () => {
      for (const { account, id, activeAt } of leases.active()) amend(account, id, { activeAt })
      for (const waiter of waiting.values()) lookAgain(waiter)
    },
  }
}
