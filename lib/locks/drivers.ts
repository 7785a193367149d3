import type { Log, Metrics } from '../terms/ports'
import { openEmbeddedLocks } from './embedded'
import type { Locks } from './locks'
import { openMemoryLocks } from './memory'
import { openPostgresLocks } from './postgres'
import { openRedisLocks } from './redis'
import type { LockSettings } from './settings'

export interface LocksPlace {
  /** a folder of the driver's own, absolute; it need not exist */
  readonly folder: string
  readonly settings: LockSettings
  /** Haraka runs several processes of this home */
  readonly forked: boolean
  readonly log: Log
  readonly metrics: Metrics
}

/** The one list of lock drivers, by what `driver` in config/mailbox_locks.ini says. */
export const LOCK_DRIVERS: Readonly<Record<LockSettings['driver'], (place: LocksPlace) => Promise<Locks>>> = {
  embedded: ({ folder, ...options }) => openEmbeddedLocks({ path: folder, ...options }),
  memory: openMemoryLocks,
  postgres: openPostgresLocks,
  redis: openRedisLocks,
}
