import { type Ini, readSettings } from '../terms/settings'

export interface SieveSettings {
  /** `address:port` without and with TLS from the first octet */
  readonly listen: readonly string[]
  readonly listenTls: readonly string[]
  readonly maxConnections: number
  readonly maxPerAddress: number
  /** failed logins until the connection is ended */
  readonly maxTries: number
  readonly maxBadCommands: number
  /** milliseconds */
  readonly idle: number
}

const addresses = (words: readonly string[]): readonly string[] => words.filter((word) => word !== 'none')

/** config/mailbox_sieve.ini */
export function sieveSettings(ini: Ini): SieveSettings {
  const read = readSettings('mailbox_sieve.ini', ini)
  const settings: SieveSettings = {
    listen: addresses(read.list('main.listen', ['[::]:4190'])),
    listenTls: addresses(read.list('main.listen_tls', ['none'])),
    maxConnections: read.number('limits.connections', 500, { min: 1 }),
    maxPerAddress: read.number('limits.connections_per_address', 50, { min: 1 }),
    maxTries: read.number('limits.tries', 3, { min: 1 }),
    maxBadCommands: read.number('limits.bad_commands', 20, { min: 1 }),
    idle: read.duration('limits.idle', '30min'),
  }
  if (settings.idle < 60_000) read.complain('limits.idle: 1min at least')
  read.done()
  return settings
}
