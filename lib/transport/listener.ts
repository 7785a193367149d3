import { createServer, type Server, type Socket } from 'node:net'
import { textOf } from '../terms/errors'
import type { Log } from '../terms/ports'
import type { Connection } from './connection'
import { peerKey, watchDeadPeers } from './dead-peers'
import { type ProxyHeaderPolicy, readProxyHeader } from './proxy-protocol'
import { createSocketConnection } from './socket-connection'
import type { TlsSource } from './tls'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  /** TLS from the first octet */
  readonly implicitTls: boolean
  readonly tls: TlsSource
  /** the protocol's name in TLS (RFC 7301): a client that names only others is refused */
  readonly alpn?: string
  /** whether this peer's first octets are a PROXY header; `never` for who is not trusted */
  proxyHeader(address: string): ProxyHeaderPolicy
  /** front-ends: the limit for each address is for their clients */
  trustsProxy(address: string): boolean
  readonly maxConnections: number
  readonly maxPerAddress: number
  /** what a client hears that is one too many, and must then be closed */
  refuse(connection: Connection): void
  /** Never rejects. */
  serve(connection: Connection): Promise<void>
  /** milliseconds; undefined: so that a dead peer is noticed within 90 s */
  readonly deadPeers?: { readonly every: number; readonly limit: number }
  readonly log: Log
}

export interface Listener {
  readonly server: Server
  listen(): Promise<{ readonly host: string; readonly port: number }>
  /**
   * Stops listening, lets what runs go on for `patience` milliseconds, and has all sessions say goodbye; connections that are
   * there `grace` milliseconds later are destroyed.
   */
  close(patience: number, grace: number): Promise<void>
}

/** Dead peers are noticed within 90 s: by probes (Node's: 10, one a second) after 30 s without traffic ... */
const KEEPALIVE = 30_000
/** ... by octets that are acknowledged in none of these looks ... */
const DEAD_PEERS = { every: 15_000, limit: 60_000 }
/** ... and by octets that wait in this process. */
const STALL_LIMIT = 90_000

/** `127.0.0.1:110`, `[::1]:110`, `:110` or `110` */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text)
  if (!match || Number(match[3]) > 65535) return undefined
  return { host: match[1] ?? (match[2] || '::'), port: Number(match[3]) }
}

export function createListener(options: ListenerOptions): Listener {
  const connections = new Map<string, Connection>()
  /** whose PROXY header is awaited */
  const early = new Set<Socket>()
  const perAddress = new Map<string, number>()
  let stopWatching: (() => void) | undefined

  async function accept(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy())
    const key = peerKey(socket.localAddress, socket.remoteAddress, socket.remotePort)
    const peer = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
    let proxied: { address: string; port: number } | undefined
    const policy = options.proxyHeader(peer)
    if (policy !== 'never') {
      early.add(socket)
      const header = await readProxyHeader(socket, policy)
      early.delete(socket)
      if (header === undefined) {
        socket.destroy()
        return
      }
      if (header !== 'none' && header.kind === 'client') proxied = { address: header.address, port: header.port }
    }
    if (socket.destroyed) return
    const connection = createSocketConnection(socket, {
      tls: options.tls,
      ...(options.alpn !== undefined && { alpn: options.alpn }),
      stallLimit: STALL_LIMIT,
      ...(proxied && { proxied }),
    })
    await admit(key, connection)
  }

  async function admit(key: string, connection: Connection): Promise<void> {
    const { address } = connection
    const already = perAddress.get(address) ?? 0
    const limit = options.trustsProxy(address) ? Number.POSITIVE_INFINITY : options.maxPerAddress
    const tooMany = connections.size >= options.maxConnections || already >= limit
    connections.set(key, connection)
    perAddress.set(address, already + 1)
    connection.closed.addEventListener('abort', () => {
      if (connections.get(key) === connection) connections.delete(key)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
    if (options.implicitTls) {
      try {
        await connection.startTls(true)
      } catch {
        return
      }
    }
    if (tooMany) {
      options.refuse(connection)
      await connection.end()
      return
    }
    await options.serve(connection)
  }

  const server = createServer(
    { allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE, noDelay: true },
    (socket) => {
      accept(socket).catch((error) => {
        options.log.error(`connection failed: ${textOf(error)}`)
        socket.destroy()
      })
    },
  )

  return {
    server,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: options.host, port: options.port }, () => {
          server.removeListener('error', reject)
          server.on('error', (error) => options.log.error(`listener: ${error.message}`))
          const address = server.address()
          const port = typeof address === 'object' && address ? address.port : options.port
          stopWatching = watchDeadPeers({
            ...(options.deadPeers ?? DEAD_PEERS),
            port,
            busy: () => connections.size > 0,
            found: (peer) => connections.get(peer)?.destroy('stalled'),
          })
          resolve({ host: options.host, port })
        })
      }),
    close: async (patience, grace) => {
      stopWatching?.()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const timer = setTimeout(() => {
        for (const connection of connections.values()) connection.destroy('shutdown')
      }, patience + grace)
      for (const socket of early) socket.destroy()
      for (const connection of [...connections.values()]) connection.stop(patience)
      await closed
      clearTimeout(timer)
    },
  }
}
