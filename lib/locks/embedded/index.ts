import { mkdirSync } from 'node:fs'
import { openEnvironment } from '../../processes/environment'
import { identify } from '../../processes/identity'
import { textOf } from '../../terms/errors'
import { type Clock, type Log, type Metrics, noMetrics, silentLog, systemClock } from '../../terms/ports'
import { createEngine, type Engine, type LockTable } from '../engine'
import type { Locks } from '../locks'
import { type AccountRecord, emptyRecord } from '../record'
import type { LockSettings } from '../settings'
import { openPeers } from './peers'

export interface EmbeddedLocksOptions {
  /** folder of its own; made when missing */
  readonly path: string
  readonly settings: LockSettings
  readonly clock?: Clock
  readonly log?: Log
  readonly metrics?: Metrics
}

/** One clock for all processes of the host, which nobody sets: a clock that is set must not make a process look dead. */
const monotonic = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/**
 * Any number of processes on one host. The truth is a small LMDB table that is not flushed: a lock need not survive a power
 * cut, and after one every process in it is gone. Sockets between the processes carry wake-ups and kicks, and their end
 * tells that a process died.
 */
export async function openEmbeddedLocks(options: EmbeddedLocksOptions): Promise<Locks> {
  const { path, settings, clock = systemClock, log = silentLog, metrics = noMetrics } = options
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const root = openEnvironment({ path, noSync: true, maxDbs: 4 })
  const accounts = root.openDB<AccountRecord, string>({ name: 'accounts' })
  /** until when a process is taken as alive; milliseconds of the host's monotonic clock */
  const beats = root.openDB<number, string>({ name: 'beats' })
  const self = identify()
  let engine: Engine | undefined

  const table: LockTable = {
    change: (account, change) =>
      root.transactionSync(() => {
        const record = accounts.get(account) ?? emptyRecord()
        const value = change(record)
        accounts.putSync(account, record)
        return value
      }),
    list: (account) => {
      // What others have just written counts, also in this turn of the event loop.
      root.resetReadTxn()
      if (account === undefined) return [...accounts.getRange()].map(({ key, value }) => [key, value] as const)
      const record = accounts.get(account)
      return record ? [[account, record]] : []
    },
    close: async () => {
      clearInterval(heart)
      beats.removeSync(self)
      await root.close()
    },
  }

  /** One write for all leases of this process. @returns whether it came too late: others may be in already */
  const renew = (): boolean =>
    // Time is read and judged where nobody comes between, as by those who look whether this process lives.
    root.transactionSync(() => {
      const now = monotonic()
      const until = beats.get(self)
      beats.putSync(self, now + settings.expiry)
      return until !== undefined && until < now
    })

  function beat(): void {
    try {
      if (renew()) {
        log.warn('locks: this process was stopped for too long; its sessions end')
        engine?.expire()
      }
    } catch (error) {
      // The next one that can be written finds that it is too late.
      log.error(`locks: not renewed: ${textOf(error)}`)
    }
    engine?.tend()
  }

  const peers = await openPeers({
    path,
    self,
    showsLife: (process) => (beats.get(process) ?? 0) >= monotonic(),
    receive: (message) => engine?.receive(message),
    log,
  })
  engine = createEngine({ driver: 'embedded', table, peers, settings, clock, log, metrics })
  beat()
  const heart = setInterval(beat, settings.expiry / 3)
  heart.unref()
  return engine
}
