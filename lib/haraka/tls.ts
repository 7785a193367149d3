import { createSecureContext, type SecureContext, type TLSSocketOptions } from 'node:tls'
import type { TlsSource } from '../transport/tls'
import type { HarakaPlugin } from './host'

/** The part of Haraka's tls_socket module that holds the certificates. */
interface HarakaTls {
  readonly tls_valid?: boolean
  readonly certsByHost: Record<string, { readonly key?: unknown; readonly cert?: unknown } & Record<string, unknown>>
  readonly SNICallback?: NonNullable<TLSSocketOptions['SNICallback']>
  getSocketOpts(name: string): Promise<object>
}

const isHarakaTls = (found: unknown): found is HarakaTls =>
  typeof found === 'object' && found !== null && 'getSocketOpts' in found && 'certsByHost' in found

/**
 * Haraka's own certificates (config/tls.ini, config/tls/), asked at each handshake: Haraka reloads them, and a context made
 * once would serve the old one for ever to clients that send no server name.
 */
export async function harakaTls(plugin: HarakaPlugin): Promise<TlsSource> {
  const found: unknown = plugin.haraka_require('tls_socket')
  if (!isHarakaTls(found)) return { secureContext: () => undefined }
  await found.getSocketOpts('*').catch((error: unknown) => plugin.logerror(`certificates: ${String(error)}`))
  let last: unknown
  let context: SecureContext | undefined
  return {
    secureContext: () => {
      const own = found.certsByHost['*']
      const { key, cert } = own ?? {}
      const usable = Array.isArray(cert) && Buffer.isBuffer(cert[0]) && key !== undefined
      if (!usable) return undefined
      if (cert !== last) {
        last = cert
        // Client certificates are not asked for: mail programs would show a dialogue.
        context = createSecureContext({ ...own, requestCert: false } as object) // Haraka's options for the same function
      }
      return context
    },
    ...(found.SNICallback && { SNICallback: found.SNICallback }),
  }
}
