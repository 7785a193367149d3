import { openListener } from '../../engine/postgres/listener'
import { identifyAmongHosts } from '../../processes/identity'
import { textOf } from '../../terms/errors'
import { type Log, type Metrics, noMetrics, silentLog } from '../../terms/ports'
import { createEngine } from '../engine'
import type { Locks } from '../locks'
import type { PeerMessage } from '../ports'
import type { LockSettings } from '../settings'
import { channelOf } from './statements'
import { openTable, PATIENCE } from './table'
import { createWatch } from './watch'

export interface PostgresLocksOptions {
  readonly settings: LockSettings
  readonly log?: Log
  readonly metrics?: Metrics
}

/**
 * Any number of hosts that share a PostgreSQL. Each question is a transaction that holds the account's row; by the server's clock.
 * A process shows life by one row, which is all that is written to renew its leases. Who cannot renew ends its sessions before
 * that row is too old; who cannot ask grants nothing. Messages are rows too, written in the transaction that makes them necessary:
 * NOTIFY or a timer says that they are there, and none is lost with a connection.
 */
export async function openPostgresLocks(options: PostgresLocksOptions): Promise<Locks> {
  const { settings, log = silentLog, metrics = noMetrics } = options
  const { url, news } = settings.postgres
  const self = identifyAmongHosts()
  const watch = createWatch()
  let joined = false
  let closed = false
  let deadline: NodeJS.Timeout | undefined

  const table = openTable({ url, self, expiry: settings.expiry, log, renew })

  /** @param why for the log, if anybody held something */
  function lost(why: string): void {
    table.disbelieve()
    if (engine.expire() > 0) log.error(`locks: ${why}; sessions of this process that held a lock end`)
  }
  const lapse = (): void => lost('PostgreSQL was not reached in time')

  /** The monotonic clock counts: one that is set must not prolong a lease. */
  async function renew(): Promise<void> {
    const sent = performance.now()
    const known = await table.showLife()
    if (joined && !known) lost('PostgreSQL does not know this process any more (data lost, or silent for too long)')
    joined = true
    clearTimeout(deadline)
    if (!closed) deadline = setTimeout(lapse, settings.expiry * 0.9 - (performance.now() - sent)).unref()
  }

  let hearing: Promise<void> | undefined
  let again = false
  /** Once more when it rings meanwhile. */
  async function hearAll(): Promise<void> {
    do {
      again = false
      await table.hear(engine.receive)
    } while (again)
  }
  function hear(): Promise<void> {
    again = true
    hearing ??= hearAll().finally(() => {
      hearing = undefined
    })
    return hearing
  }
  const complain = (error: unknown): void => {
    if (!closed) log.warn(`locks: ${textOf(error)}`)
  }
  /** what is on its way to other processes: a kick from the command line must still leave */
  const sending = new Set<Promise<void>>()
  function send(process: string, message: PeerMessage): void {
    const sent = table.tell(process, message).catch(complain)
    sending.add(sent)
    void sent.then(() => sending.delete(sent))
  }
  const ring = (): void => void hear().catch(complain)

  async function beat(): Promise<void> {
    try {
      await renew()
      await hear()
      await engine.tend()
      await table.noteActivity()
    } catch (error) {
      if (!closed) log.warn(`locks: not renewed: ${textOf(error)}`)
    }
  }

  async function close(): Promise<void> {
    closed = true
    clearTimeout(deadline)
    await table.close()
  }

  const engine = createEngine({
    driver: 'postgres',
    table: { ...table, close },
    peers: {
      self,
      // What is read of the table is of the living already.
      alive: () => true,
      send,
      watch: watch.add,
      close: stop,
    },
    settings,
    clock: { now: table.now },
    log,
    metrics,
  })
  await beat()
  const heart = setInterval(() => void beat(), settings.expiry / 3).unref()
  const listener =
    news === 'listen'
      ? openListener({
          ...{ url, purpose: 'locks', channel: channelOf(self), patience: PATIENCE, log },
          heard: ring,
          listening: () => void beat(),
        })
      : undefined
  const poll = news === 'listen' ? undefined : setInterval(ring, news).unref()

  async function stop(): Promise<void> {
    clearInterval(heart)
    clearInterval(poll)
    watch.close()
    await Promise.all([...sending, listener?.close()])
  }
  return engine
}
