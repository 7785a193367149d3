import { type Ini, readSettings } from '../terms/settings'

export interface StoreSettings {
  readonly driver: 'lmdb' | 'postgres'
  /** folder, relative to the Haraka home */
  readonly path: string
  readonly postgres: {
    /** may hold a password: never logged */
    readonly url: string
    readonly maxConnections: number
    /** milliseconds */
    readonly connectTimeout: number
    /** milliseconds */
    readonly statementTimeout: number
  }
  readonly notices: 'auto' | 'socket' | 'redis'
}

/** Sections `[main]`, `[postgres]` and `[notices]` of config/mailbox_store.ini; the mailbox room reads the others. */
export function storeSettings(ini: Ini): StoreSettings {
  const read = readSettings('mailbox_store.ini', ini)
  const settings: StoreSettings = {
    driver: read.choice('main.driver', ['lmdb', 'postgres'], 'lmdb'),
    path: read.text('main.path', 'mailbox-data'),
    postgres: {
      url: read.text('postgres.url', 'postgres://127.0.0.1:5432/mailbox'),
      maxConnections: read.number('postgres.max_connections', 10, { min: 1, max: 1000 }),
      connectTimeout: read.duration('postgres.connect_timeout', '5s'),
      statementTimeout: read.duration('postgres.statement_timeout', '30s'),
    },
    notices: read.choice('notices.driver', ['auto', 'socket', 'redis'], 'auto'),
  }
  read.done()
  return settings
}
