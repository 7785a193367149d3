import { type Clock, type Log, type Metrics, noMetrics, silentLog, systemClock } from '../../terms/ports'
import { decide } from '../decisions'
import { createEngine } from '../engine'
import type { Locks } from '../locks'
import { type AccountRecord, emptyRecord } from '../record'
import type { LockSettings } from '../settings'

export interface MemoryLocksOptions {
  readonly settings: LockSettings
  /** Haraka runs workers: then this driver would let two sessions in that know nothing of each other */
  readonly forked: boolean
  readonly clock?: Clock
  readonly log?: Log
  readonly metrics?: Metrics
}

export async function openMemoryLocks({
  settings,
  forked,
  clock = systemClock,
  log = silentLog,
  metrics = noMetrics,
}: MemoryLocksOptions): Promise<Locks> {
  if (forked)
    throw new Error('locks: driver = memory works in one process only: set nodes = 0 in smtp.ini, or driver = embedded')
  const records = new Map<string, AccountRecord>()
  return createEngine({
    driver: 'memory',
    settings,
    clock,
    log,
    metrics,
    table: {
      decide: async (account, question) => {
        const record = records.get(account) ?? emptyRecord()
        records.set(account, record)
        return decide(record, question, { now: clock.now(), living: () => true })
      },
      read: (account) => records.get(account),
      list: async () => [...records],
      close: async () => records.clear(),
    },
    peers: {
      self: 'here',
      alive: () => true,
      send: () => undefined,
      watch: () => () => undefined,
      close: async () => undefined,
    },
  })
}
