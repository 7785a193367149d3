import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { runs } from '../../processes/identity'
import type { Log } from '../../terms/ports'
import type { PeerMessage, Peers } from '../engine'

export interface PeersOptions {
  /** the lock table's folder: processes with the same one belong together */
  readonly path: string
  readonly self: string
  showsLife(process: string): boolean
  receive(message: PeerMessage): void
  readonly log: Log
}

/** Names of Unix sockets may have about 100 octets: the folder is named after the table's. */
function socketFolder(table: string): string {
  const name = createHash('sha256').update(path.resolve(table)).digest('hex').slice(0, 16)
  const owner = process.getuid?.() ?? 0
  return path.join(tmpdir(), `mailbox-locks-${owner}-${name}`)
}

/** Every process listens on a socket; who wants to tell another something, or to hear of its end, connects. */
export async function openPeers({ path: table, self, showsLife, receive, log }: PeersOptions): Promise<Peers> {
  const folder = socketFolder(table)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const socketOf = (process: string): string => path.join(folder, process)
  const open = new Set<Socket>()
  const links = new Map<string, Socket>()

  for (const name of readdirSync(folder)) if (!runs(name)) remove(socketOf(name))

  const server = createServer((socket) => {
    open.add(socket)
    socket.unref()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => open.delete(socket))
    createInterface({ input: socket }).on('line', (line) => {
      try {
        const message: PeerMessage = JSON.parse(line)
        receive(message)
      } catch (error) {
        log.error(`locks: a message was not understood: ${error instanceof Error ? error.message : String(error)}`)
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // In a cluster the master would own the socket, and it would outlive the worker.
    server.listen({ path: socketOf(self), exclusive: true }, () => resolve())
  })
  server.unref()
  chmodSync(socketOf(self), 0o600)

  function dial(process: string): Socket {
    const socket = connect(socketOf(process))
    open.add(socket)
    socket.unref()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => open.delete(socket))
    // The other side never speaks; its end must be seen.
    socket.resume()
    return socket
  }

  return {
    self,
    alive: (process) => showsLife(process) && runs(process),
    send: (process, message) => {
      let link = links.get(process)
      if (!link || link.destroyed) {
        link = dial(process)
        links.set(process, link)
        link.once('close', () => links.delete(process))
      }
      link.write(`${JSON.stringify(message)}\n`)
    },
    watch: (process, gone) => {
      const socket = dial(process)
      let over = false
      socket.once('close', () => {
        if (!over) gone()
        over = true
      })
      return () => {
        over = true
        socket.destroy()
      }
    },
    close: async () => {
      // What was said last (a kick from the command line) must still leave.
      await Promise.all([...links.values()].map(flushed))
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      remove(socketOf(self))
    },
  }
}

const FLUSH_LIMIT = 1000

function flushed(link: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_LIMIT)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    link.once('close', done)
    link.ref()
    link.end(done)
  })
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // somebody else was faster
  }
}
