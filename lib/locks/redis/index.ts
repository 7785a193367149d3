import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { identifyAmongHosts, isDeadHere } from '../../processes/identity'
import { connectRedis, connectSubscriber } from '../../processes/redis'
import { textOf } from '../../terms/errors'
import { failed, ok, type Result } from '../../terms/fault'
import { fence } from '../../terms/numbers'
import { type Log, type Metrics, noMetrics, silentLog } from '../../terms/ports'
import { holdWith } from '../hold'
import { createLeases } from '../leases'
import type { AccountLocks, EndReason, Holder, Lease, LockRequest, Locks, Refusal } from '../locks'
import { createPlaces } from '../places'
import type { ClaimRecord, HolderRecord } from '../record'
import type { LockSettings } from '../settings'
import { SCRIPT } from './script'

export interface RedisLocksOptions {
  readonly settings: LockSettings
  readonly log?: Log
  readonly metrics?: Metrics
}

/** A holder as the script writes it: the fence is text. */
type Row = Omit<HolderRecord, 'fence'> & { readonly fence: string }
type Claimed = { readonly holder: Row } | { readonly by: Row } | { readonly lost: true }
type Message =
  | { readonly kind: 'granted'; readonly account: string; readonly holder: Row }
  | { readonly kind: 'end'; readonly id: string; readonly reason: EndReason }

interface Waiting {
  readonly claim: ClaimRecord
  readonly account: string
  readonly takeover: number
  arrive(row: Row): void
}

/** milliseconds that Redis has to answer */
const PATIENCE = 2000

/**
 * Any number of hosts that share a Redis (6.2 or later). A process shows life by a key that expires; one write renews all of its
 * leases. Who cannot renew ends its sessions before the key runs out; who cannot ask grants nothing. When Redis lost its data the
 * key is missing and all sessions end too; fences grow all the same, so that the store refuses who did not notice.
 */
export async function openRedisLocks(options: RedisLocksOptions): Promise<Locks> {
  const { settings, log = silentLog, metrics = noMetrics } = options
  const prefix = `{${settings.redisPrefix}}:`
  const self = identifyAmongHosts()
  const waiting = new Map<string, Waiting>()
  const places = createPlaces(settings.waiters)
  /** releases that Redis has not heard of: id and account */
  const owed = new Map<string, string>()
  let deadline: NodeJS.Timeout | undefined
  /** the deadline has passed: what is granted now would end with nobody who notices */
  let lapsed = false

  const redis = connectRedis(settings.redis, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    retryStrategy: (times) => Math.min(times * 100, 2000),
  })
  const subscriber = connectSubscriber(settings.redis, { connectTimeout: PATIENCE })
  for (const connection of [redis, subscriber])
    connection.on('error', (error: Error) => log.error(`locks: redis: ${error.message}`))

  const run = (operation: string, account: string, ...values: readonly string[]): Promise<unknown> =>
    redis.eval(SCRIPT, 1, prefix, operation, account, ...values)
  const holderOf = (account: string, row: Row): Holder => ({
    ...row,
    account,
    activeAt: leases.activeAt(row.id) ?? row.activeAt,
    fence: fence(Number(row.fence)),
  })

  async function giveBack(account: string, id: string): Promise<void> {
    owed.set(id, account)
    try {
      await run('release', account, id)
      owed.delete(id)
    } catch (error) {
      // Said again at the next beat, or forgotten together with this process.
      log.warn(`locks: a release waits for redis: ${textOf(error)}`)
    }
  }

  const leases = createLeases({
    metrics,
    now: () => Date.now(),
    giveBack,
    describe: (account, id, client) => amend(account, id, 'client', client),
  })
  /** For display only: what redis did not hear is not said again. */
  function amend(account: string, id: string, field: 'client' | 'activeAt', value: string | number): void {
    run('update', account, id, field, JSON.stringify([value])).catch(() => undefined)
  }

  /** Renews every lease of this process. The monotonic clock counts: a clock that is set must not prolong a lease. */
  async function beat(): Promise<void> {
    const sent = performance.now()
    try {
      const before = await redis.set(`${prefix}process:${self}`, '1', 'PX', settings.expiry, 'GET')
      // Also a lease whose grant was on its way to us while we were taken for dead.
      if (before === null && leases.size > 0) {
        log.warn(
          'locks: redis does not know this process any more (data lost, or stopped for too long); its sessions end',
        )
        leases.endAll('expired')
      }
      lapsed = false
      clearTimeout(deadline)
      deadline = setTimeout(lapse, settings.expiry * 0.9 - (performance.now() - sent)).unref()
      for (const [id, account] of owed) if (!leases.has(id)) await giveBack(account, id)
      await askAgain()
      for (const { account, id, activeAt } of leases.active()) amend(account, id, 'activeAt', activeAt)
    } catch (error) {
      log.warn(`locks: not renewed: ${textOf(error)}`)
    }
  }
  function lapse(): void {
    lapsed = true
    if (leases.size > 0) log.error('locks: redis was not reached in time; sessions of this process end')
    leases.endAll('expired')
  }

  async function claimOnce(
    { account, claim, takeover }: Waiting,
    enqueue: boolean,
  ): Promise<Exclude<Claimed, { lost: true }>> {
    const ask = async (): Promise<Claimed> =>
      JSON.parse(String(await run('claim', account, JSON.stringify(claim), String(takeover), enqueue ? '1' : '0')))
    if (lapsed) await beat()
    if (lapsed) throw new Error('redis is not reached')
    let answer = await ask()
    if ('lost' in answer) {
      await beat()
      answer = await ask()
    }
    if ('by' in answer && isDeadHere(answer.by.process)) {
      // A process of this host that was killed: its key need not run out first.
      await redis.del(`${prefix}process:${answer.by.process}`)
      answer = await ask()
    }
    if ('lost' in answer) throw new Error('redis does not keep what it is told')
    return answer
  }

  async function acquire(request: LockRequest, signal?: AbortSignal): Promise<Result<Lease, Refusal>> {
    const { account, access, protocol, address, client } = request
    const wait = request.wait ?? settings.wait[protocol]
    const takeover = request.takeover ?? settings.takeover
    const mode = request.mode ?? settings.mode
    const claim: ClaimRecord = { id: randomUUID(), process: self, access, mode, protocol, address, client }
    if (signal?.aborted) return failed({ kind: 'cancelled' })
    const started = performance.now()
    const leave = wait > 0 ? places.take(account, address) : undefined
    let timer: NodeJS.Timeout | undefined
    let cancel: (() => void) | undefined
    try {
      let arrive: (outcome: Row | 'late' | 'cancelled') => void = () => undefined
      const turn = new Promise<Row | 'late' | 'cancelled'>((resolve) => {
        arrive = resolve
      })
      // Known before the question is sent: the wake-up may overtake the answer.
      const mine: Waiting = { account, claim, takeover: takeover === 'never' ? -1 : takeover, arrive }
      waiting.set(claim.id, mine)
      timer = setTimeout(arrive, wait, 'late')
      cancel = () => arrive('cancelled')
      signal?.addEventListener('abort', cancel)
      const first = await claimOnce(mine, leave !== undefined)
      if ('holder' in first) return ok(leases.open(account, first.holder))
      if (!leave) return leases.refused(request, holderOf(account, first.by))
      const outcome = await turn
      leases.waited(request, performance.now() - started)
      if (outcome === 'cancelled') {
        await giveBack(account, claim.id)
        return failed({ kind: 'cancelled' })
      }
      // At the end of the wait once more: a wake-up may have been lost with a connection, or the holder with its host.
      const last = outcome === 'late' ? await claimOnce(mine, false) : { holder: outcome }
      if ('holder' in last) return ok(leases.open(account, last.holder))
      await giveBack(account, claim.id)
      return leases.refused(request, holderOf(account, last.by))
    } catch (error) {
      log.error(`lock of ${account}: ${textOf(error)}`)
      await giveBack(account, claim.id)
      return leases.unavailable(request, 'redis does not answer')
    } finally {
      clearTimeout(timer)
      leave?.()
      waiting.delete(claim.id)
      if (cancel) signal?.removeEventListener('abort', cancel)
    }
  }

  function receive(text: string): void {
    const message: Message = JSON.parse(text)
    if (message.kind === 'end') {
      leases.end(message.id, message.reason)
      return
    }
    const waiter = waiting.get(message.holder.id)
    // A message may be older than the loss of a lease: redis knows.
    if (waiter) askAgain([waiter]).catch((error: unknown) => log.warn(`locks: ${textOf(error)}`))
    else if (!leases.has(message.holder.id)) void giveBack(message.account, message.holder.id)
  }

  type Listed = { readonly holders: Iterable<Row>; readonly waiters: Iterable<ClaimRecord> }
  async function records(
    accounts: readonly string[],
  ): Promise<{ account: string; holders: Row[]; waiters: ClaimRecord[] }[]> {
    if (accounts.length === 0) return []
    const texts = await redis.mget(accounts.map((account) => `${prefix}account:${account}`))
    return accounts.flatMap((account, at) => {
      const text = texts[at]
      if (!text) return []
      // Lua writes an empty list as an object.
      const { holders, waiters }: Listed = JSON.parse(text)
      return [
        { account, holders: Array.isArray(holders) ? holders : [], waiters: Array.isArray(waiters) ? waiters : [] },
      ]
    })
  }

  /** For those that wait: a wake-up may have been lost, or the holder with its host. */
  async function askAgain(those = [...waiting.values()]): Promise<void> {
    for (const one of those) {
      const { id } = one.claim
      if (!waiting.has(id)) continue
      const answer = await claimOnce(one, true)
      if (waiting.has(id)) {
        if ('holder' in answer) one.arrive(answer.holder)
      } else if (!leases.has(id)) await giveBack(one.account, id) // its client went in the meantime
    }
  }

  /** What was said while the subscription was down: leases that ended, turns that came. */
  async function catchUp(): Promise<void> {
    try {
      const there = new Set(
        (await records([...leases.accounts()])).flatMap(({ holders }) => holders.map(({ id }) => id)),
      )
      for (const id of leases.ids()) if (!there.has(id)) leases.end(id, 'expired')
      await askAgain()
    } catch (error) {
      log.warn(`locks: ${textOf(error)}`)
    }
  }

  subscriber.on('message', (_channel: string, text: string) => {
    try {
      receive(text)
    } catch (error) {
      log.error(`locks: a message was not understood: ${textOf(error)}`)
    }
  })
  /** Subscribed first, asked then: nothing falls between. */
  const listen = (): Promise<void> =>
    subscriber.subscribe(`${prefix}to:${self}`).then(catchUp, (error: unknown) => log.error(`locks: ${textOf(error)}`))
  const ready = once(subscriber, 'ready', { signal: AbortSignal.timeout(PATIENCE) }).then(listen)
  await Promise.all([ready, once(redis, 'ready', { signal: AbortSignal.timeout(PATIENCE) })]).catch(() =>
    log.error('locks: redis is not there yet; nobody gets in until it is'),
  )
  subscriber.on('ready', () => void listen())
  redis.on('ready', () => void beat())
  await beat()
  const heart = setInterval(() => void beat(), settings.expiry / 3).unref()

  async function list(account?: string): Promise<readonly AccountLocks[]> {
    const found = await records(account === undefined ? await redis.smembers(`${prefix}accounts`) : [account])
    const processes = [
      ...new Set(found.flatMap(({ holders, waiters }) => [...holders, ...waiters].map((one) => one.process))),
    ]
    if (processes.length === 0) return []
    const lives = await redis.mget(processes.map((process) => `${prefix}process:${process}`))
    const living = new Set(processes.filter((process, at) => lives[at] !== null && !isDeadHere(process)))
    return found.flatMap(({ account, ...record }) => {
      const holders = record.holders.filter(({ process }) => living.has(process)).map((row) => holderOf(account, row))
      const waiters = record.waiters.filter(({ process }) => living.has(process)).length
      return holders.length + waiters > 0 ? [{ account, holders, waiters }] : []
    })
  }

  return {
    driver: 'redis',
    acquire,
    hold: holdWith(acquire),
    list,
    kick: async (account, leaseId) => Number(await run('kick', account, leaseId ?? '')),
    close: async () => {
      clearInterval(heart)
      for (const { arrive: _arrive, account, claim } of waiting.values()) owed.set(claim.id, account)
      leases.endAll('closed')
      await Promise.all([...owed].map(([id, account]) => giveBack(account, id)))
      clearTimeout(deadline)
      await redis.del(`${prefix}process:${self}`).catch(() => undefined)
      redis.disconnect()
      subscriber.disconnect()
    },
  }
}
