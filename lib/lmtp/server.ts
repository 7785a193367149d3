import type { Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection'
import type { Delivery } from '../delivery/delivery'
import { networkList } from '../login/networks'
import type { Log } from '../terms/ports'
import { isHttpRequest } from '../transport/http'
import type { TlsSource } from '../transport/tls'
import { createCounting } from './counting'
import { createHandlers, Refusal } from './handlers'
import type { LmtpSettings } from './settings'

export interface LmtpPorts {
  readonly delivery: Delivery
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
/** 8BITMIME, SIZE and SMTPUTF8 are announced; DSN and REQUIRETLS are not. */
const MAIL_PARAMETERS = ['BODY', 'SIZE', 'SMTPUTF8']
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
  /** A client that has sent all and closes its side (FIN) waits for its replies (RFC 2033 4.2): the end comes behind them. */
  override _createParser(): ReturnType<SMTPConnection['_createParser']> {
    const parser = super._createParser()
    parser.once('finish', () => this.close())
    return parser
  }
  /** As everywhere: a web browser was sent here by a page. The package knows the common forms. */
  override _onCommand(command: Buffer, callback?: () => void): void {
    if (!this._upgrading && isHttpRequest(command.toString('latin1')))
      return this.send(421, '4.7.0 this is no web server')
    super._onCommand(command, callback)
  }
  override handler_MAIL(command: Buffer, callback: () => void): void {
    if (!this.#refuses('mail from', command, MAIL_PARAMETERS, callback)) super.handler_MAIL(command, callback)
  }
  override handler_RCPT(command: Buffer, callback: () => void): void {
    if (!this.#refuses('rcpt to', command, [], callback)) super.handler_RCPT(command, callback)
  }
  /** RFC 5321 4.1.1.11: a parameter that was not announced by LHLO gets 555. */
  #refuses(name: string, command: Buffer, known: readonly string[], callback: () => void): boolean {
    const parsed = this._parseAddressCommand(name, command)
    const strange = Object.keys(parsed ? { ...parsed.args } : {}).find((word) => !known.includes(word))
    if (strange === undefined) return false
    this.send(555, `5.5.4 the parameter ${strange.slice(0, 40)} is not known here`)
    callback()
    return true
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
    // The package writes to sockets that are `open`; one whose client has closed its side still takes replies.
    Object.defineProperty(socket, 'readyState', { get: () => (socket.writable ? 'open' : 'closed') })
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
  const { begins, ...handlers } = createCounting(
    createHandlers({ delivery, hostname, maxSize, received: settings.received, replies: 'each', log }),
    log,
  )
  const server = new LmtpServer({
    ...(tls.SNICallback && { SNICallback: tls.SNICallback }),
    lmtp: true,
    secure: ports.implicitTls,
    name: hostname,
    banner: 'ready',
    heloResponse: '%s',
    size: maxSize || undefined,
    logger: false,
    allowHalfOpen: true,
    // RFC 2033 5: PIPELINING and ENHANCEDSTATUSCODES must be there.
    hideENHANCEDSTATUSCODES: false,
    disabledCommands: [...NEVER, ...(hasTls ? [] : ['STARTTLS'])],
    authOptional: true,
    disableReverseLookup: true,
    maxClients: settings.maxConnections,
    maxRecipients: settings.maxRecipients,
    socketTimeout: settings.idle,
    // RFC 5321 3.8: then 421 for who is still there
    closeTimeout: 1000,
    onConnect(session, done) {
      begins(session)
      const { remoteAddress } = session
      // A Unix socket has no address: who may open it is a matter of its permissions.
      if (remoteAddress === '' || trusts(remoteAddress)) return done()
      log.warn(`LMTP from ${remoteAddress} refused: not in mailbox_lmtp.ini trusted`)
      done(new Refusal({ code: 554, enhanced: '5.7.1', text: 'this network may not deliver here' }))
    },
    ...handlers,
  })
  server.secureContext = new LiveContexts(tls)
  // Resets and time-outs of clients; their messages were not acknowledged and come again.
  server.on('error', (error: Error) => log.debug(`LMTP: ${error.message}`))
  return server
}
