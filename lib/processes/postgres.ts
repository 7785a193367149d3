import { type Ini, readSettings } from '../terms/settings'

export interface PostgresSettings {
  /** may hold a password: never logged */
  readonly url: string
  readonly maxConnections: number
  /** milliseconds */
  readonly connectTimeout: number
  /** milliseconds */
  readonly statementTimeout: number
}

/** The database of the mail, and of what lies beside it: section `[postgres]` of config/mailbox_store.ini. */
export function postgresSettings(ini: Ini): PostgresSettings {
  const read = readSettings('mailbox_store.ini', ini)
  const settings: PostgresSettings = {
    url: read.text('postgres.url', 'postgres://127.0.0.1:5432/mailbox'),
    maxConnections: read.number('postgres.max_connections', 10, { min: 1, max: 1000 }),
    connectTimeout: read.duration('postgres.connect_timeout', '5s'),
    statementTimeout: read.duration('postgres.statement_timeout', '30s'),
  }
  read.done()
  return settings
}
