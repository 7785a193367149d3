import path from 'node:path'
import { LOCK_DRIVERS } from '../locks/drivers'
import type { Locks } from '../locks/locks'
import { type LockSettings, lockSettings } from '../locks/settings'
import { BUS_DRIVERS } from '../mailbox/bus/drivers'
import type { Bus } from '../mailbox/mailbox'
import { storeSettings } from '../store/settings'
import { type Metrics, noMetrics } from '../terms/ports'
import { dataFolder, type Home } from './home'

export const readLockSettings = (home: Home): LockSettings =>
  lockSettings(home.ini('mailbox_locks'), home.ini('redis'), home.ini('mailbox_store'))

export async function openLocks(home: Home, forked: boolean, metrics: Metrics = noMetrics): Promise<Locks> {
  const settings = readLockSettings(home)
  const folder = path.join(dataFolder(home), 'locks')
  return LOCK_DRIVERS[settings.driver]({ folder, settings, forked, log: home.log, metrics })
}

/** Notices go where the locks are, unless the .ini says otherwise: who shares one shares the other. */
export async function openBus(home: Home): Promise<Bus> {
  const { notices } = storeSettings(home.ini('mailbox_store'))
  const { driver, postgres, redis, redisPrefix } = readLockSettings(home)
  const besides = driver === 'redis' || driver === 'postgres' ? driver : 'socket'
  const place = { folder: path.join(dataFolder(home), 'bus'), postgres, redis, redisPrefix, log: home.log }
  return BUS_DRIVERS[notices === 'auto' ? besides : notices](place)
}
