import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../terms/ports'
import type { Connection } from './connection'
import { readProxyHeader } from './proxy-protocol'
import { createSocketConnection } from './socket-connection'
import type { TlsSource } from './tls'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  /** TLS from the first octet */
  readonly implicitTls: boolean
  readonly tls: TlsSource
  /** peers whose first octets are a PROXY header */
  trustsProxy(address: string): boolean
  readonly maxConnections: number
  readonly maxPerAddress: number
  /** what a client hears that is one too many, and must then be closed */
  refuse(connection: Connection): void
  /** Never rejects. */
  serve(connection: Connection): Promise<void>
  readonly log: Log
}

export interface Listener {
  readonly server: Server
  listen(): Promise<{ readonly host: string; readonly port: number }>
  /** Stops listening and ends all connections; those that do not end within `grace` milliseconds are destroyed. */
  close(grace: number): Promise<void>
}

/** Dead peers are noticed within 90 s: first probe after 30 s without traffic (system default of probes every 10 s or so). */
const KEEPALIVE = 30_000
const STALL_LIMIT = 90_000

/** `127.0.0.1:110`, `[::1]:110`, `:110` or `110` */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text)
  if (!match || Number(match[3]) > 65535) return undefined
  return { host: match[1] ?? (match[2] || '::'), port: Number(match[3]) }
}

export function createListener(options: ListenerOptions): Listener {
  const connections = new Set<Connection>()
  const perAddress = new Map<string, number>()

  async function accept(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy())
    const peer = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
    let proxied: { address: string; port: number } | undefined
    if (options.trustsProxy(peer)) {
      const header = await readProxyHeader(socket)
      if (!header || header.kind === 'wrong' || header.kind === 'incomplete') {
        socket.destroy()
        return
      }
      if (header.kind === 'client') proxied = { address: header.address, port: header.port }
    }
    if (socket.destroyed) return
    const connection = createSocketConnection(socket, {
      tls: options.tls,
      stallLimit: STALL_LIMIT,
      ...(proxied && { proxied }),
    })
    await admit(connection)
  }

  async function admit(connection: Connection): Promise<void> {
    const { address } = connection
    const already = perAddress.get(address) ?? 0
    const tooMany = connections.size >= options.maxConnections || already >= options.maxPerAddress
    connections.add(connection)
    perAddress.set(address, already + 1)
    connection.closed.addEventListener('abort', () => {
      connections.delete(connection)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
    if (options.implicitTls) {
      try {
        await connection.startTls()
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
        options.log.error(`connection failed: ${error instanceof Error ? error.message : String(error)}`)
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
          resolve({ host: options.host, port })
        })
      }),
    close: async (grace) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const timer = setTimeout(() => {
        for (const connection of connections) connection.destroy('shutdown')
      }, grace)
      for (const connection of [...connections]) void connection.end()
      await closed
      clearTimeout(timer)
    },
  }
}
