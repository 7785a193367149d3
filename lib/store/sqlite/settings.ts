import { type Ini, readSettings } from '../../terms/settings'

export interface SqliteSettings {
  readonly flagsDurable: boolean
}

/** Section `[sqlite]` of config/mailbox_store.ini. */
export function sqliteSettings(ini: Ini): SqliteSettings {
  const read = readSettings('mailbox_store.ini', ini)
  const settings = { flagsDurable: read.boolean('sqlite.flags_durable', false) }
  read.done()
  return settings
}
