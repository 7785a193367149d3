import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut: octets then wait on both sides, as when a cable is pulled. */
export interface Way {
  readonly port: number
  cut(): void
  heal(): void
  /** ends all connections; new ones are made as before */
  reset(): void
  close(): void
}

export async function wayTo(host: string, port: number): Promise<Way> {
  const sockets = new Set<Socket>()
  let isCut = false
  function join(one: Socket, other: Socket): void {
    sockets.add(one)
    one.on('error', () => undefined)
    one.on('data', (octets) => other.write(octets))
    one.once('close', () => {
      sockets.delete(one)
      // Through a cut way nobody hears of the end.
      if (!isCut) other.destroy()
    })
    if (isCut) one.pause()
  }
  const server = createServer((client) => {
    const upstream = connect(port, host)
    join(client, upstream)
    join(upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    heal: () => {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    reset: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
