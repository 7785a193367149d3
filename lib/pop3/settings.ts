import { type Ini, readSettings } from '../terms/settings'

export interface Pop3Settings {
  /** `address:port` without and with TLS from the first octet */
  readonly listen: readonly string[]
  readonly listenTls: readonly string[]
  readonly maxConnections: number
  readonly maxPerAddress: number
  /** failed logins until the connection is ended */
  readonly maxTries: number
  /** milliseconds */
  readonly idle: number
  /** milliseconds; 0: no limit */
  readonly maxSession: number
  readonly onDelete: 'delete' | 'trash' | 'keep'
  readonly retrSetsSeen: boolean
  readonly order: 'arrival' | 'newest-first'
  readonly maxBadCommands: number
}

const addresses = (words: readonly string[]): readonly string[] => words.filter((word) => word !== 'none')

/** config/mailbox_pop3.ini */
export function pop3Settings(ini: Ini): Pop3Settings {
  const read = readSettings('mailbox_pop3.ini', ini)
  const settings: Pop3Settings = {
    listen: addresses(read.list('main.listen', ['[::]:110'])),
    listenTls: addresses(read.list('main.listen_tls', ['[::]:995'])),
    maxConnections: read.number('limits.connections', 2000, { min: 1 }),
    maxPerAddress: read.number('limits.connections_per_address', 100, { min: 1 }),
    maxTries: read.number('limits.tries', 3, { min: 1 }),
    maxBadCommands: read.number('limits.bad_commands', 20, { min: 1 }),
    idle: read.duration('limits.idle', '10min'),
    maxSession: read.duration('limits.session', '0s'),
    onDelete: read.choice('session.on_delete', ['delete', 'trash', 'keep'], 'delete'),
    retrSetsSeen: read.boolean('session.retr_sets_seen', false),
    order: read.choice('session.order', ['arrival', 'newest-first'], 'arrival'),
  }
  // RFC 1939 3: an autologout timer must be 10 minutes at least.
  if (settings.idle < 600_000) read.complain('limits.idle: RFC 1939 asks for 10min at least')
  read.done()
  return settings
}
