import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { StoreDriver, StorePlace } from '../lib/store/driver'
import { DEFAULT_STORE_DRIVER, storeDriver, storeDriverNames } from '../lib/store/drivers'
import { openMail } from '../lib/store/sqlite/mail'
import { openUnflushed } from '../lib/store/sqlite/unflushed'
import type { Store } from '../lib/store/store'
import { silentLog } from '../lib/terms/ports'
import { databaseOrSkip } from './postgres'

/** Every driver of the list: suites run over all of them. */
export const DRIVERS = storeDriverNames
export const DEFAULT_DRIVER = DEFAULT_STORE_DRIVER
/** Those that any number of processes of this host open by their folder alone. */
export const EMBEDDED = DRIVERS.filter((name) => !storeDriver(name, '.').facts.sharedByHosts)

/** An empty store of a test's own. */
export interface TestStore {
  readonly driver: StoreDriver
  readonly place: StorePlace
  open(): Promise<Store>
  /** As `gapsConformance` wants it. */
  powerCut(): Promise<void>
  remove(): Promise<void>
}

/** As when the machine lost its power after somebody wrote flags, and the next who opens the file finds that. */
async function cutSqlite(folder: string): Promise<void> {
  const opened = await openMail(folder)
  await opened.write('markUnflushed', ['1.1.another-boot.0', []])
  await openUnflushed(opened, silentLog)
  await opened.close()
}

/** undefined, and a line that says so, where what the driver needs is not there: the suite then skips. */
export async function storeOrSkip(name = DEFAULT_DRIVER): Promise<TestStore | undefined> {
  const driver = storeDriver(name, '.')
  const database = driver.facts.sharedByHosts ? await databaseOrSkip() : undefined
  if (driver.facts.sharedByHosts && !database) return undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-store-'))
  const ini = database ? { [name]: { url: database.url, max_connections: '8' } } : {}
  const place = { folder: path.join(folder, 'mail'), ini, log: silentLog }
  return {
    driver,
    place,
    open: () => driver.open(place),
    powerCut: () => database?.crashed() ?? cutSqlite(place.folder),
    async remove() {
      rmSync(folder, { recursive: true, force: true })
      await database?.drop()
    },
  }
}
