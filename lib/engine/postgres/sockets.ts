import { Socket } from 'node:net'

/** Sockets that can be ended at once: a connection of `pg` waits for the server's goodbye, which a cut network never brings. */
export function createSockets() {
  const open = new Set<Socket>()
  return {
    /** for the option `stream` of a connection */
    make(): Socket {
      const socket = new Socket()
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      return socket
    },
    destroy(): void {
      for (const socket of open) socket.destroy()
    },
  }
}
