import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocketOptions } from 'node:tls'
import { textOf } from '../../terms/errors'
import { SESSION_ID_CONTEXT, TlsSource } from '../../transport/tls'
import type { HarakaPlugin } from '../host'

type Own = { readonly key?: unknown; readonly cert?: unknown } & Record<string, unknown>
type SNICallback = NonNullable<TLSSocketOptions['SNICallback']>

/** The part of Haraka's tls_socket module that holds the certificates. */
interface HarakaTls {
  readonly certsByHost: Record<string, Own>
  readonly SNICallback?: SNICallback
  getSocketOpts(name: string): Promise<object>
}

const isHarakaTls = (module: unknown): module is HarakaTls =>
  typeof module === 'object' && module !== null && 'getSocketOpts' in module && 'certsByHost' in module

/** @param file in config/: PEM, certificates of authorities */
function authorities(plugin: HarakaPlugin, file: string): Buffer {
  const read: unknown = plugin.config.get(file, 'binary')
  try {
    if (!Buffer.isBuffer(read)) throw new Error('no such file')
    new X509Certificate(read)
    return read
  } catch (error) {
    const why = textOf(error)
    throw new Error(`mailbox_login.ini: client_ca: config/${file} must hold certificates (PEM): ${why}`)
  }
}

/**
 * Haraka's own certificates (config/tls.ini, config/tls/), asked at each handshake: Haraka reloads them, and a context made
 * once would serve the old one for ever to clients that send no server name.
 * @param clientCa file in config/; undefined: client certificates are not asked for (some mail programs would show a dialogue)
 */
export async function harakaTls(plugin: HarakaPlugin, clientCa?: string): Promise<TlsSource> {
  const ca = clientCa === undefined ? undefined : authorities(plugin, clientCa)
  const haraka: unknown = plugin.haraka_require('tls_socket')
  if (!isHarakaTls(haraka)) return new TlsSource({ current: () => undefined })
  await haraka.getSocketOpts('*').catch((error: unknown) => plugin.logerror(`certificates: ${String(error)}`))

  const byCertificate = new WeakMap<object, SecureContextOptions>()
  function optionsOf(own: Own | undefined): SecureContextOptions | undefined {
    const { key, cert } = own ?? {}
    const usable = Buffer.isBuffer([cert].flat()[0]) && key !== undefined
    if (!usable) return undefined
    const options =
      byCertificate.get(cert as object) ??
      // Haraka's options for the same function
      ({ ...own, ...(ca && { ca, sessionIdContext: SESSION_ID_CONTEXT }), requestCert: false } as SecureContextOptions)
    byCertificate.set(cert as object, options)
    return options
  }

  const contexts = new WeakMap<SecureContextOptions, SecureContext>()
  /** Haraka's own contexts know nothing of our authorities. */
  const byName: SNICallback = (name, done) => {
    const options = optionsOf(Object.hasOwn(haraka.certsByHost, name) ? haraka.certsByHost[name] : undefined)
    if (!options) return done(null, undefined)
    const context = contexts.get(options) ?? createSecureContext(options)
    contexts.set(options, context)
    done(null, context)
  }

  const SNICallback = ca ? byName : haraka.SNICallback
  return new TlsSource({
    current: () => optionsOf(haraka.certsByHost['*']),
    asksClients: ca !== undefined,
    ...(SNICallback && { SNICallback }),
  })
}
