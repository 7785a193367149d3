import { type Ini, readSettings } from '../terms/settings'
import { places } from '../transport/settings'

export interface LmtpSettings {
  /** `address:port`, or the path of a Unix socket */
  readonly listen: readonly string[]
  readonly listenTls: readonly string[]
  /** networks that may deliver; a Unix socket is guarded by its folder's permissions */
  readonly trusted: readonly string[]
  readonly maxConnections: number
  readonly maxRecipients: number
  /** milliseconds */
  readonly idle: number
  /** permissions of Unix sockets */
  readonly socketMode: number
  readonly received: boolean
}

/** config/mailbox_lmtp.ini */
export function lmtpSettings(ini: Ini): LmtpSettings {
  const read = readSettings('mailbox_lmtp.ini', ini)
  const mode = read.text('main.socket_mode', '0660')
  if (!/^0?[0-7]{3}$/.test(mode)) read.complain(`main.socket_mode = ${mode}: expected permissions such as 0660`)
  const settings: LmtpSettings = {
    listen: places(read, 'main.listen', '127.0.0.1:24'),
    listenTls: places(read, 'main.listen_tls', 'none'),
    trusted: read.list('main.trusted', ['loopback']),
    socketMode: Number.parseInt(mode, 8),
    received: read.boolean('main.received', true),
    maxConnections: read.number('limits.connections', 500, { min: 1 }),
    maxRecipients: read.number('limits.recipients', 1000, { min: 100 }),
    idle: read.duration('limits.idle', '5min'),
  }
  read.done()
  return settings
}
