import { type Ini, readSettings } from '../terms/settings'

export interface StoreSettings {
  readonly driver: 'lmdb' | 'postgres'
  /** folder, relative to the Haraka home */
  readonly path: string
}

/** Section `[main]` of config/mailbox_store.ini; the mailbox room reads the others. */
export function storeSettings(ini: Ini): StoreSettings {
  const read = readSettings('mailbox_store.ini', ini)
  const settings: StoreSettings = {
    driver: read.choice('main.driver', ['lmdb', 'postgres'], 'lmdb'),
    path: read.text('main.path', 'mailbox-data'),
  }
  read.done()
  return settings
}
