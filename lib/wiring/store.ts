import path from 'node:path'
import type { Backup } from '../store/backup'
import type { StoreDriver, StorePlace } from '../store/driver'
import { storeDriver } from '../store/drivers'
import type { RepairEnd } from '../store/repair'
import { storeSettings } from '../store/settings'
import type { Store } from '../store/store'
import { dataFolder, type Home } from './home'

export const storePlace = (home: Home): StorePlace => ({
  folder: path.join(dataFolder(home), 'mail'),
  ini: home.ini('mailbox_store'),
  flagsDurable: storeSettings(home.ini('mailbox_store')).flagsDurable,
  log: home.log,
})

/** @param name undefined: what the .ini says */
export function findStoreDriver(home: Home, name?: string): StoreDriver {
  return storeDriver(name ?? storeSettings(home.ini('mailbox_store')).driver, home.folder)
}

export async function openStore(home: Home): Promise<Store> {
  const driver = findStoreDriver(home)
  driver.check(home.ini('mailbox_store'))
  return driver.open(storePlace(home))
}

/** The store as rows, for commands that have it alone: `migrate`, `check --repair`, `restored`. */
export const openTransfer = (home: Home, driver: string): Promise<RepairEnd> =>
  findStoreDriver(home, driver).openTransfer(storePlace(home))

/** A folder that `haraka-mailbox backup` wrote; the store of this home may be another one by now. */
export function openBackup(home: Home, folder: string): Promise<Backup> {
  const { openBackup: open = findStoreDriver(home, 'sqlite').openBackup } = findStoreDriver(home)
  if (!open) throw new Error('no driver reads backups')
  return open(folder)
}
