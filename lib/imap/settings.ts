import { type Ini, readSettings } from '../terms/settings'

export interface ImapSettings {
  readonly listen: readonly string[]
  readonly listenTls: readonly string[]
  readonly maxConnections: number
  readonly maxPerAddress: number
  readonly maxTries: number
  /** milliseconds without a command, logged in (RFC 9051 5.4: 30 minutes at least) */
  readonly idle: number
  /** the same before login */
  readonly loginTime: number
  readonly lockAt: 'access' | 'login'
  readonly maxLine: number
  /** octets of one message in APPEND */
  readonly maxAppend: number
  readonly maxBadCommands: number
  /** APPEND of a header with other than ASCII by a client that did not ask for UTF-8 */
  readonly headers8bit: 'accept' | 'refuse'
}

const addresses = (words: readonly string[]): readonly string[] => words.filter((word) => word !== 'none')

/** config/mailbox_imap.ini */
export function imapSettings(ini: Ini): ImapSettings {
  const read = readSettings('mailbox_imap.ini', ini)
  const settings: ImapSettings = {
    listen: addresses(read.list('main.listen', ['[::]:143'])),
    listenTls: addresses(read.list('main.listen_tls', ['[::]:993'])),
    maxConnections: read.number('limits.connections', 10_000, { min: 1 }),
    maxPerAddress: read.number('limits.connections_per_address', 1000, { min: 1 }),
    maxTries: read.number('limits.tries', 3, { min: 1 }),
    maxBadCommands: read.number('limits.bad_commands', 50, { min: 1 }),
    idle: read.duration('limits.idle', '30min'),
    loginTime: read.duration('limits.login_time', '3min'),
    maxLine: read.size('limits.line', '64K'),
    maxAppend: read.size('limits.append', '50M'),
    headers8bit: read.choice('session.headers_8bit', ['accept', 'refuse'], 'accept'),
    lockAt: read.choice('session.lock_at', ['access', 'login'], 'access'),
  }
  if (settings.idle < 1_800_000) read.complain('limits.idle: RFC 9051 5.4 asks for 30min at least')
  read.done()
  return settings
}
