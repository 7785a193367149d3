import { type Ini, readSettings, type SettingsReader } from '../terms/settings'

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

/** The setting `key`, a database for what hosts share beside the mail; without it that of the mail. May hold a password: never logged. */
export const readPostgres = (read: SettingsReader, key: string, store: Ini): string =>
  read.text(key, '') || postgresSettings(store).url

/** How a process hears from others: by LISTEN, or milliseconds after which it looks again. */
export type PostgresNews = 'listen' | number

export function readPostgresNews(read: SettingsReader, key: string): PostgresNews {
  const text = read.text(key, 'listen')
  if (text === 'listen') return text
  const milliseconds = Number(/^poll:(\d{2,5})ms$/.exec(text)?.[1] ?? 0)
  if (milliseconds < 10) read.complain(`${key} = ${text}: expected listen or poll:<milliseconds>ms, 10 at least`)
  return Math.max(milliseconds, 10)
}
