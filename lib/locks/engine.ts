import { randomUUID } from 'node:crypto'
import { textOf } from '../terms/errors'
import { failed, ok, type Result } from '../terms/fault'
import { fence } from '../terms/numbers'
import { turn } from '../work/turns'
import type { Answer, Question } from './decisions'
import { holdWith } from './hold'
import { createLeases } from './leases'
import type { AccountLocks, EndReason, Holder, Lease, LockRequest, Locks, Refusal } from './locks'
import { newsFor } from './news'
import { createPlaces } from './places'
import type { EnginePorts, PeerMessage } from './ports'
import type { AccountRecord, HolderRecord, WaiterRecord } from './record'
import { type Waiting, waitingFor, waitTurn } from './turn'

export interface Engine extends Locks {
  /** what another process says */
  receive(message: PeerMessage): void
  /** this process was thought dead: every lease is over. @returns how many */
  expire(): number
  /** now and then: writes down when holders were active, and looks whether those that wait were forgotten */
  tend(): Promise<void>
}

export function createEngine({ driver, table, peers, settings, clock, log, metrics }: EnginePorts): Engine {
  /** every claim that is not settled: a wake-up may overtake the answer that it is queued */
  const waiting = new Map<string, Waiting>()
  const places = createPlaces(settings.waiters)
  /** leases that are over, and could not be taken out of the table: id and account */
  const owed = new Map<string, string>()
  /** what `close` waits for */
  const underWay = new Set<Promise<unknown>>()
  let closing = false
  /** the last change that is only shown to people */
  let described: Promise<unknown> = Promise.resolve()

  const waitOf = ({ wait, protocol }: LockRequest): number => wait ?? settings.wait[protocol]
  const living = (process: string): boolean => process === peers.self || peers.alive(process)

  function awaited<T>(act: Promise<T>): Promise<T> {
    underWay.add(act)
    const over = (): void => void underWay.delete(act)
    act.then(over, over)
    return act
  }

  const showHolder = (account: string, record: HolderRecord): Holder => ({
    ...record,
    account,
    activeAt: leases.activeAt(record.id) ?? record.activeAt,
    fence: fence(record.fence),
  })

  /** Asks, and tells those whom the answer ends or lets in. */
  async function ask(account: string, question: Question): Promise<Answer> {
    const answer = await table.decide(account, question)
    for (const { id, process } of answer.ended) if (process === peers.self) end(id, 'taken-over')
    for (const holder of answer.granted) if (holder.process === peers.self) arrived(account, holder)
    if (!table.tells)
      for (const [process, message] of newsFor(peers.self, account, answer)) peers.send(process, message)
    return answer
  }

  /** Of this process; what is granted may not be in the caller's hands yet. */
  function end(id: string, reason: EndReason): void {
    const waiter = waiting.get(id)
    if (!leases.end(id, reason) && waiter) waiter.ended = reason
  }

  function open({ account, ended }: Waiting, holder: HolderRecord): Lease {
    const lease = leases.open(account, holder)
    if (ended) leases.end(holder.id, ended)
    return lease
  }

  function arrived(account: string, holder: HolderRecord): void {
    const waiter = waiting.get(holder.id)
    if (waiter) waiter.arrive(holder)
    // Nobody waits any more (the client hung up): give it back. It may also be said twice.
    else if (!leases.has(holder.id)) void giveBack(account, holder.id)
  }

  /** A message may be older than the loss of a lease: the table knows. */
  async function hear(account: string, id: string): Promise<void> {
    const holder = (await holdersOf(account)).find((found) => found.id === id)
    if (holder && holder.process === peers.self) arrived(account, holder)
  }

  function broken(account: string, error: unknown): void {
    log.error(`lock of ${account}: ${textOf(error)}`)
  }

  /** What cannot be written now is said again: nobody else could get in before this process ends. */
  function giveBack(account: string, id: string): Promise<void> {
    return awaited(
      ask(account, { kind: 'leave', id }).then(
        () => void owed.delete(id),
        (error: unknown) => {
          if (!owed.has(id)) broken(account, error)
          owed.set(id, account)
        },
      ),
    )
  }

  /** For those that look on, and for their own sake: nothing depends on it. */
  const attempt = (account: string, question: Question): Promise<void> =>
    awaited(
      ask(account, question).then(
        () => undefined,
        (error: unknown) => broken(account, error),
      ),
    )

  const leases = createLeases({
    metrics,
    now: () => clock.now(),
    giveBack,
    describe: (account, id, client) => {
      described = attempt(account, { kind: 'describe', id, client })
    },
  })

  /** A wake-up is lost when this process was stopped for so long that it was taken for dead, or a holder's process is. */
  const lookAgain = (account: string, ...those: readonly Waiting[]): Promise<void> =>
    attempt(account, {
      kind: 'look-again',
      waiters: those.filter(({ queued }) => queued).map(({ claim }) => claim),
    })

  /** Looks again when the process of a holder ends, one after another. @returns what stops it */
  const watchHolders = (mine: Waiting, first: HolderRecord) => (): (() => void) => {
    const stops: (() => void)[] = []
    const look = ({ process }: HolderRecord): void => {
      if (process !== peers.self) stops.push(peers.watch(process, () => void gone()))
    }
    async function gone(): Promise<void> {
      await lookAgain(mine.account, mine)
      if (!mine.queued) return
      const next = (await holdersOf(mine.account)).find(({ process }) => process !== peers.self)
      if (next) look(next)
    }
    look(first)
    return () => {
      for (const stop of stops) stop()
    }
  }

  async function holdersOf(account: string): Promise<readonly HolderRecord[]> {
    try {
      return (await table.read(account))?.holders ?? []
    } catch {
      // Whoever has to write says so; a wake-up is looked for again.
      return []
    }
  }

  /** When holders of this process showed life, for a claim that may end idle ones. */
  const activeOf = (account: string, { access, takeover }: WaiterRecord): Record<string, number> =>
    takeover === 'never' || access !== 'exclusive' ? {} : leases.activeIn(account)

  const claimOnce = ({ account, claim }: Waiting, queue: boolean): Promise<Answer> =>
    ask(account, { kind: 'claim', claim, queue, active: activeOf(account, claim) })

  async function settle(
    mine: Waiting,
    request: LockRequest,
    queue: boolean,
    signal?: AbortSignal,
  ): Promise<Result<Lease, Refusal>> {
    const { account } = mine
    const first = await claimOnce(mine, queue)
    let holder = first.holder
    let by = first.by
    if (by && queue) {
      const started = performance.now()
      const outcome = await waitTurn(mine, waitOf(request), signal, watchHolders(mine, by))
      leases.waited(request, performance.now() - started)
      const last: Pick<Answer, 'holder' | 'by'> =
        typeof outcome === 'object' ? { holder: outcome } : outcome === 'late' ? await claimOnce(mine, false) : {}
      holder = last.holder
      by = last.by
    }
    if (holder && !signal?.aborted && !closing) return ok(open(mine, holder))
    if (by) return leases.refused(request, showHolder(account, by))
    await giveBack(account, mine.claim.id)
    return failed({ kind: 'cancelled' })
  }

  async function claimAndSettle(request: LockRequest, signal?: AbortSignal): Promise<Result<Lease, Refusal>> {
    const { account, access, protocol, address, client } = request
    if (signal?.aborted || closing) return failed({ kind: 'cancelled' })
    const mine = waitingFor(account, {
      id: randomUUID(),
      process: peers.self,
      access,
      mode: request.mode ?? settings.mode,
      protocol,
      address,
      client,
      takeover: request.takeover ?? settings.takeover,
    })
    const { id } = mine.claim
    const leave = waitOf(request) > 0 ? places.take(account, address) : undefined
    waiting.set(id, mine)
    try {
      return await settle(mine, request, leave !== undefined, signal)
    } catch (error) {
      broken(account, error)
      // Whether it was granted is not known.
      void giveBack(account, id)
      return leases.unavailable(request, 'the lock table cannot be used')
    } finally {
      leave?.()
      waiting.delete(id)
    }
  }

  const acquire: Locks['acquire'] = (request, signal) => awaited(claimAndSettle(request, signal))

  function listed([account, record]: readonly [string, AccountRecord]): AccountLocks[] {
    const holders = record.holders
      .filter((holder) => living(holder.process))
      .map((holder) => showHolder(account, holder))
    const waiters = record.waiters.filter((waiter) => living(waiter.process)).length
    return holders.length + waiters > 0 ? [{ account, holders, waiters }] : []
  }

  async function tend(): Promise<void> {
    for (const [id, account] of [...owed]) {
      void giveBack(account, id)
      await turn()
    }
    for (const { account, id, activeAt } of leases.active()) {
      void attempt(account, { kind: 'active', id, activeAt })
      await turn()
    }
    for (const account of new Set([...waiting.values()].map((waiter) => waiter.account))) {
      void lookAgain(account, ...[...waiting.values()].filter((waiter) => waiter.account === account))
      await turn()
    }
  }

  return {
    driver,
    acquire,
    hold: holdWith(acquire),
    list: async (account) => {
      await described
      if (account === undefined) return (await table.list()).flatMap(listed)
      const record = await table.read(account)
      return record ? listed([account, record]) : []
    },
    kick: async (account, leaseId) => {
      const holders = (await table.read(account))?.holders ?? []
      const chosen = holders.filter((holder) => leaseId === undefined || holder.id === leaseId)
      for (const holder of chosen) {
        if (holder.process === peers.self) end(holder.id, 'kicked')
        else if (peers.alive(holder.process))
          peers.send(holder.process, { kind: 'end', account, id: holder.id, reason: 'kicked' })
        else await lookAgain(account)
      }
      return chosen.length
    },
    close: async () => {
      closing = true
      leases.endAll('closed')
      for (const waiter of waiting.values()) waiter.arrive('cancelled')
      while (underWay.size > 0) await Promise.allSettled(underWay)
      await peers.close()
      await table.close()
    },
    receive: (message) => {
      if (message.kind === 'end') {
        end(message.id, message.reason)
        return
      }
      void hear(message.account, message.id)
    },
    expire: () => leases.endAll('expired'),
    tend,
  }
}
