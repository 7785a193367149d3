import { type Ini, readSettings } from '../terms/settings'
import { DEFAULT_STORE_DRIVER } from './drivers'

export interface StoreSettings {
  /** a name that `storeDriver` knows */
  readonly driver: string
  /** folder, relative to the Haraka home */
  readonly path: string
  /** flags are on the disk before they are acknowledged, as mail always is */
  readonly flagsDurable: boolean
  readonly notices: 'auto' | 'socket' | 'postgres' | 'redis'
}

/** Sections `[main]` and `[notices]` of config/mailbox_store.ini; drivers and the mailbox room read the others. */
export function storeSettings(ini: Ini): StoreSettings {
  const read = readSettings('mailbox_store.ini', ini)
  const settings: StoreSettings = {
    driver: read.text('main.driver', DEFAULT_STORE_DRIVER),
    path: read.text('main.path', 'mailbox-data'),
    flagsDurable: read.boolean('main.flags_durable', false),
    notices: read.choice('notices.driver', ['auto', 'socket', 'postgres', 'redis'], 'auto'),
  }
  read.done()
  return settings
}
