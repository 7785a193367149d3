import type { Server } from 'node:http'

export interface ConnectionLimits {
  /** connections in one process: in all, and of one address */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** front-ends: the limit for an address is for their clients */
  trustsProxy(address: string): boolean
}

/** Milliseconds in which the head of a request must be there. */
const HEAD = 20_000

/** Haraka's HTTP server takes whatever comes: a crowd of connections that say nothing would leave no place for mail. */
export function limitConnections(
  server: Pick<Server, 'on' | 'maxConnections' | 'headersTimeout'>,
  limits: ConnectionLimits,
) {
  const perAddress = new Map<string, number>()
  // What is one too many is closed by Node.
  server.maxConnections = limits.connections
  server.headersTimeout = HEAD
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    if (limits.trustsProxy(address)) return
    const count = (perAddress.get(address) ?? 0) + 1
    if (count > limits.connectionsPerAddress) return void socket.destroy()
    perAddress.set(address, count)
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  })
}
