import { onAbort } from '../../terms/abort'
import { textOf } from '../../terms/errors'
import type { Connection } from '../../transport/connection'
import { createListener, parseListen } from '../../transport/listener'
import type { ListenSettings } from '../../transport/settings'
import type { Host } from '../plugin'
import { harakaTls } from './tls'

export interface Protocol {
  readonly name: 'pop3' | 'imap' | 'sieve'
  /** its name in TLS (RFC 7301, IANA's registry) */
  readonly alpn: string
  serve(connection: Connection): Promise<void>
  refuse(connection: Connection): void
}

/** milliseconds for what runs, and then for goodbyes, when Haraka stops */
const PATIENCE = 1000
const GRACE = 2000

/**
 * Opens the listeners of a protocol; all or none.
 * @param create makes the protocol's server; it asks whether TLS can be offered now
 */
export async function listenAll(
  { context, log, plugin, server }: Host,
  file: string,
  settings: ListenSettings,
  create: (tlsAvailable: () => boolean) => Protocol,
): Promise<void> {
  const tls = await harakaTls(plugin, context.login.clientCa)
  const protocol = create(() => tls.available)
  const wanted = [
    ...settings.listen.map((text) => ({ text, implicitTls: false })),
    ...settings.listenTls.map((text) => ({ text, implicitTls: true })),
  ]
  const { metrics } = context
  const labels = { protocol: protocol.name }
  function counted(connection: Connection): Promise<void> {
    metrics.count('mailbox_connections_total', labels)
    metrics.move('mailbox_connections', 1, labels)
    onAbort(connection.closed, () => metrics.move('mailbox_connections', -1, labels))
    return protocol.serve(connection)
  }
  for (const { text, implicitTls } of wanted) {
    const at = parseListen(text)
    if (!at) throw new Error(`${file}: ${text} is no address:port`)
    if (implicitTls && !tls.available) {
      log.warn(`no certificate (config/tls_key.pem, config/tls_cert.pem): nothing listens on ${text}`)
      continue
    }
    const listener = createListener({
      ...at,
      refuse: protocol.refuse,
      serve: counted,
      implicitTls,
      tls,
      alpn: protocol.alpn,
      trustsProxy: (address) => context.login.trustsProxy(address),
      proxyHeader: (address) => context.login.proxyHeader(address),
      maxConnections: settings.maxConnections,
      maxPerAddress: settings.maxPerAddress,
      log,
    })
    try {
      const bound = await listener.listen()
      plugin.lognotice(`${plugin.name} listens on ${bound.host}:${bound.port}${implicitTls ? ' (TLS)' : ''}`)
    } catch (error) {
      throw new Error(`cannot listen on ${text}: ${textOf(error)}`)
    }
    // Haraka closes what stands here when it stops gracefully.
    server.listeners?.push(listener.server)
    context.stopping.sessions.push(() => listener.close(PATIENCE, GRACE))
  }
}
