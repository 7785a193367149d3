import type { SettingsReader } from '../terms/settings'

/** What every listener with a login has in its .ini. */
export interface ListenSettings {
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

export interface ListenDefaults {
  readonly listen: string
  readonly listenTls: string
  readonly connections: number
  readonly perAddress: number
  readonly badCommands: number
  readonly idle: string
}

/** `none`: nowhere */
export const places = (read: SettingsReader, key: string, fallback: string): readonly string[] =>
  read.list(key, [fallback]).filter((word) => word !== 'none')

export const listenSettings = (read: SettingsReader, defaults: ListenDefaults): ListenSettings => ({
  listen: places(read, 'main.listen', defaults.listen),
  listenTls: places(read, 'main.listen_tls', defaults.listenTls),
  maxConnections: read.number('limits.connections', defaults.connections, { min: 1 }),
  maxPerAddress: read.number('limits.connections_per_address', defaults.perAddress, { min: 1 }),
  maxTries: read.number('limits.tries', 3, { min: 1 }),
  maxBadCommands: read.number('limits.bad_commands', defaults.badCommands, { min: 1 }),
  idle: read.duration('limits.idle', defaults.idle),
})
