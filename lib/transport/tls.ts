import { createHash, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
  type TLSSocketOptions,
} from 'node:tls'
import { peerKey } from './dead-peers'

/** Where key and certificate come from: asked at each handshake, so that a renewed certificate is served at once. */
export interface TlsMaterial {
  /** undefined: there is no certificate, TLS is not offered. The same object as long as nothing changed. */
  current(): SecureContextOptions | undefined
  /** for clients that send a server name */
  readonly SNICallback?: TLSSocketOptions['SNICallback']
  /** Clients are asked for a certificate. `current` and `SNICallback` bring the authorities (`ca`) that may have signed it. */
  readonly asksClients?: boolean
}

const HANDSHAKE_LIMIT = 30_000
/** OpenSSL resumes no session of a client that was asked for its certificate without such a name. */
export const SESSION_ID_CONTEXT = 'mailbox'

/** TLS for connections that are already there. Node judges client certificates only in a server of its own, so this is one. */
export class TlsSource {
  readonly SNICallback: TLSSocketOptions['SNICallback']
  /** one for each protocol, by its name in TLS */
  readonly #servers = new Map<string, { readonly server: Server; served: SecureContextOptions | undefined }>()
  #made: { readonly from: SecureContextOptions; readonly context: SecureContext } | undefined
  readonly #waiting = new Map<string, (secured: TLSSocket) => void>()

  constructor(private readonly material: TlsMaterial) {
    this.SNICallback = material.SNICallback
  }

  /** whether TLS can be offered now */
  get available(): boolean {
    return this.material.current() !== undefined
  }

  /** For servers that shake hands themselves; they ask for no client certificate. */
  secureContext(): SecureContext | undefined {
    const from = this.material.current()
    if (!from) return undefined
    if (this.#made?.from !== from) this.#made = { from, context: createSecureContext(from) }
    return this.#made.context
  }

  /**
   * Rejects when there is no certificate or the handshake fails; `raw` is destroyed then.
   * @param raw connected, without listeners
   * @param alpn the protocol's name (RFC 7301): a client that names only others hears the alert no_application_protocol, so that
   *   what is meant for another server cannot be sent here (ALPACA); one that names none comes in
   */
  handshake(raw: Socket, alpn = ''): Promise<TLSSocket> {
    const from = this.material.current()
    if (!from) return Promise.reject(new Error('no certificate'))
    const front = this.#servers.get(alpn) ?? { server: this.#listening(alpn), served: undefined }
    this.#servers.set(alpn, front)
    if (front.served !== from) {
      front.server.setSecureContext({ ...from, sessionIdContext: SESSION_ID_CONTEXT })
      front.served = from
    }
    const key = keyOf(raw)
    return new Promise((resolve, reject) => {
      const failed = (): void => {
        this.#waiting.delete(key)
        reject(new Error('the TLS handshake failed'))
      }
      raw.once('close', failed)
      this.#waiting.set(key, (secured) => {
        raw.removeListener('close', failed)
        this.#waiting.delete(key)
        resolve(secured)
      })
      front.server.emit('connection', raw)
    })
  }

  #listening(alpn: string): Server {
    const { SNICallback, asksClients = false } = this.material
    const server = createServer({
      handshakeTimeout: HANDSHAKE_LIMIT,
      requestCert: asksClients,
      // Who brings none, or a bad one, has passwords left.
      rejectUnauthorized: false,
      ...(SNICallback && { SNICallback }),
      ...(alpn !== '' && { ALPNProtocols: [alpn] }),
    })
    server.on('secureConnection', (secured) => this.#waiting.get(keyOf(secured))?.(secured))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return server
  }
}

const keyOf = (socket: Socket): string => peerKey(socket.localAddress, socket.remoteAddress, socket.remotePort)

export const noTls = new TlsSource({ current: () => undefined })

/** A fixed key and certificate (PEM), for tests and programs without Haraka; `ca`: clients are asked for theirs. */
export function tlsFrom(key: string | Buffer, cert: string | Buffer, ca?: string | Buffer): TlsSource {
  const fixed = { key, cert, ...(ca !== undefined && { ca }) }
  return new TlsSource({ current: () => fixed, asksClients: ca !== undefined })
}

/** RFC 5929 4.1: MD5 and SHA-1 signatures are hashed with SHA-256, others with their own hash. */
function endPointHash(certificate: Buffer): string {
  const text = new X509Certificate(certificate).toString()
  const der = Buffer.from(text.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64').toString('latin1')
  // Signature algorithm OIDs that use SHA-384 and SHA-512 (PKCS #1 1.2.840.113549.1.1.12/13, ECDSA 1.2.840.10045.4.3.3/4).
  if (/\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c|\x2a\x86\x48\xce\x3d\x04\x03\x03/.test(der)) return 'sha384'
  if (/\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d|\x2a\x86\x48\xce\x3d\x04\x03\x04/.test(der)) return 'sha512'
  return 'sha256'
}

export function channelBindingsOf(socket: TLSSocket): Record<string, Buffer> {
  const bindings: Record<string, Buffer> = {}
  try {
    // RFC 9266 2: label, empty context, 32 octets.
    bindings['tls-exporter'] = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  } catch {
    // not available for this connection
  }
  const own = socket.getCertificate()
  if (own && 'raw' in own && Buffer.isBuffer(own.raw)) {
    bindings['tls-server-end-point'] = createHash(endPointHash(own.raw)).update(own.raw).digest()
  }
  return bindings
}

/**
 * Mail addresses of whom a verified client certificate names: the rfc822Names of its subjectAltName (RFC 5280 4.2.1.6), or, in
 * a certificate without any, emailAddress and CN of its subject as far as they are addresses. Empty: none was verified.
 */
export function certificateNamesOf(socket: TLSSocket): readonly string[] {
  if (!socket.authorized) return []
  const { subject, subjectaltname = '', raw } = socket.getPeerCertificate()
  if (!subject) return []
  const alternative = [...subjectaltname.matchAll(/(?:^|, )email:([^",\s]+)(?=, |$)/g)].map(([, name = '']) => name)
  if (/(?:^|, )email:/.test(subjectaltname)) {
    // The text is only a hint: within another name, such as a URI, it can hold what looks like one.
    const certificate = new X509Certificate(raw)
    return alternative.filter((name) => certificate.checkEmail(name, { subject: 'never' }) !== undefined)
  }
  const named: Record<string, string | string[] | undefined> = { ...subject }
  return [named.emailAddress, named.CN]
    .flat()
    .filter((name) => name !== undefined && /^[^@\s]+@[^@\s]+$/.test(name)) as string[]
}
