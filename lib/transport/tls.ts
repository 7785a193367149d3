import { createHash, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type TLSSocket, type TLSSocketOptions } from 'node:tls'

/** Where certificates come from: asked at each handshake, so that a renewed certificate is served at once. */
export interface TlsSource {
  /** undefined: there is no certificate, TLS is not offered */
  secureContext(): SecureContext | undefined
  readonly SNICallback?: TLSSocketOptions['SNICallback']
}

export const noTls: TlsSource = { secureContext: () => undefined }

/** A fixed key and certificate (PEM), for tests and programs without Haraka. */
export function tlsFrom(key: string | Buffer, cert: string | Buffer): TlsSource {
  const context = createSecureContext({ key, cert })
  return { secureContext: () => context }
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
