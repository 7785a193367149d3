import type { Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection'
import { networkList } from '../login/networks'
import type { FinalDelivery } from '../mailbox/deliver/final-delivery'
import type { Log } from '../terms/ports'
import type { TlsSource } from '../transport/tls'
import { createHandlers, Refusal } from './handlers'
import type { LmtpSettings } from './settings'

export interface LmtpPorts {
  readonly delivery: FinalDelivery
  readonly settings: LmtpSettings
  readonly hostname: string
  /** octets; 0: no limit */
  readonly maxSize: number
  /** TLS from the first octet */
  readonly implicitTls: boolean
  readonly tls: TlsSource
  readonly log: Log
}

/** What a mail server in front never says (smtp-server has jokes of old sendmail too). */
const NEVER = ['AUTH', 'WIZ', 'SHELL', 'KILL']
const OWN_CODE = /^[245]\.\d{1,3}\.\d{1,3} /

/** smtp-server derives one enhanced code from each reply code; a text that brings its own keeps it (RFC 2034 4). */
class Connection extends SMTPConnection {
  /** As the package's own, without its 100 ms for clients that talk before the greeting: these peers are trusted. */
  override init(): void {
    this._setListeners(() => {
      const { maxClients } = this._server.options
      if (maxClients && this._server.connections.size > maxClients) {
        return this.send(421, '4.7.0 too many connections, try again later')
      }
      this.connectionReady()
    })
  }
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, typeof data === 'string' && OWN_CODE.test(data) ? false : context)
  }
}

/** smtp-server keeps the contexts that it was given at the start; ours may be renewed, so each handshake asks. */
class LiveContexts extends Map<string, SecureContext> {
  constructor(private readonly tls: TlsSource) {
    super()
  }
  override get(): SecureContext | undefined {
    return this.tls.secureContext()
  }
}

class LmtpServer extends SMTPServer {
  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    const connection = new Connection(this, socket, options)
    this.connections.add(connection)
    connection.on('error', (error: Error) => this.emit('error', error))
    connection.init()
  }
}

/** LMTP (RFC 2033) on the smtp-server package: its parser, its TLS and its pipelining; ours are recipients and the store. */
export function createLmtpServer(ports: LmtpPorts): SMTPServer {
  const { delivery, settings, hostname, maxSize, tls, log } = ports
  const hasTls = tls.available
  const trusts = networkList(settings.trusted)
  const server = new LmtpServer({
    ...(tls.SNICallback && { SNICallback: tls.SNICallback }),
    lmtp: true,
    secure: ports.implicitTls,
    name: hostname,
    banner: 'ready',
    heloResponse: '%s',
    size: maxSize || undefined,
    logger: false,
    // RFC 2033 5: PIPELINING and ENHANCEDSTATUSCODES must be there.
    hideENHANCEDSTATUSCODES: false,
    disabledCommands: [...NEVER, ...(hasTls ? [] : ['STARTTLS'])],
    authOptional: true,
    disableReverseLookup: true,
    maxClients: settings.maxConnections,
    maxRecipients: settings.maxRecipients,
    socketTimeout: settings.idle,
    closeTimeout: 2000,
    onConnect({ remoteAddress }, done) {
      // A Unix socket has no address: who may open it is a matter of its permissions.
      if (remoteAddress === '' || trusts(remoteAddress)) return done()
      log.warn(`LMTP from ${remoteAddress} refused: not in mailbox_lmtp.ini trusted`)
      done(new Refusal({ code: 554, enhanced: '5.7.1', text: 'this network may not deliver here' }))
    },
    ...createHandlers({ delivery, hostname, maxSize, received: settings.received, replies: 'each' }),
  })
  server.secureContext = new LiveContexts(tls)
  // Resets and time-outs of clients; their messages were not acknowledged and come again.
  server.on('error', (error: Error) => log.debug(`LMTP: ${error.message}`))
  return server
}
