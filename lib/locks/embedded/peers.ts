import type { Socket } from 'node:net'
import path from 'node:path'
import { runs } from '../../processes/identity'
import { readLines } from '../../processes/lines'
import { openRendezvous } from '../../processes/rendezvous'
import type { Log } from '../../terms/ports'
import type { Peers } from '../ports'
import { decodeMessage, encodeMessage, HELLO, type Message } from './messages'

export interface PeersOptions {
  /** the lock table's folder: processes with the same one belong together */
  readonly path: string
  readonly self: string
  showsLife(process: string): boolean
  receive(message: Message): void
  readonly log: Log
}

export interface EmbeddedPeers extends Peers {
  send(process: string, message: Message): void
  /** their names; not all of them run */
  others(): readonly string[]
}

/** Octets that may wait for a process that does not read (a stopped one). */
const HIGH_WATER = 1024 * 1024
/** milliseconds in which who dials says what it is */
const LONGEST_SILENCE = 5000
/** milliseconds between two tries to reach a process that lives and does not answer; twice as long each time */
const FIRST_AGAIN = 20
const LAST_AGAIN = 2000

/** Every process listens on a socket; who wants to tell another something, or to hear of its end, connects. */
export async function openPeers({ path: table, self, showsLife, receive, log }: PeersOptions): Promise<EmbeddedPeers> {
  const open = new Set<Socket>()
  const links = new Map<string, Promise<Socket | undefined>>()
  const alive = (process: string): boolean => showsLife(process) && runs(process)

  function keep(socket: Socket): Socket {
    open.add(socket)
    socket.unref()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => open.delete(socket))
    return socket
  }
  function accept(socket: Socket): void {
    // Who says nothing leaves the place to others.
    const silent = setTimeout(() => socket.destroy(), LONGEST_SILENCE).unref()
    socket.once('close', () => clearTimeout(silent))
    readLines(keep(socket), (line) => {
      const message = decodeMessage(line)
      clearTimeout(silent)
      if (message === undefined) log.warn('locks: what came on the socket was not understood')
      else if (message !== 'hello') receive(message)
      return message !== undefined
    })
  }
  const meeting = await openRendezvous(path.join(table, 'peers'), accept, self)

  async function dial(process: string): Promise<Socket | undefined> {
    const socket = await meeting.dial(process)
    socket?.write(HELLO)
    // The other side never speaks; its end must be seen.
    return socket && keep(socket).resume()
  }
  // Sockets of processes that were killed: nobody answers there, and their names go.
  for (const name of meeting.others()) if (!runs(name)) (await dial(name))?.destroy()

  function linkTo(process: string): Promise<Socket | undefined> {
    const known = links.get(process)
    if (known !== undefined) return known
    const link = dial(process)
    links.set(process, link)
    const forget = (): void => {
      if (links.get(process) === link) links.delete(process)
    }
    void link.then((socket) => (socket ? socket.once('close', forget) : forget()))
    return link
  }

  return {
    self,
    alive,
    others: meeting.others,
    send: (process, message) => {
      void linkTo(process).then((link) => {
        if (!link || link.destroyed) return
        if (link.writableLength > HIGH_WATER) link.destroy()
        else link.write(encodeMessage(message))
      })
    },
    watch: (process, gone) => {
      let over = false
      let link: Socket | undefined
      let timer: NodeJS.Timeout | undefined
      async function look(again: number): Promise<void> {
        const socket = await dial(process)
        if (over) return void socket?.destroy()
        link = socket
        const lost = (): void => {
          if (over) return
          if (alive(process)) {
            timer = setTimeout(() => void look(Math.min(again * 2, LAST_AGAIN)), again).unref()
            return
          }
          over = true
          gone()
        }
        if (!socket || socket.destroyed) lost()
        else socket.once('close', lost)
      }
      void look(FIRST_AGAIN)
      return () => {
        over = true
        clearTimeout(timer)
        link?.destroy()
      }
    },
    close: async () => {
      // What was said last (a kick from the command line) must still leave.
      await Promise.all([...links.values()].map(async (link) => flushed(await link)))
      for (const socket of open) socket.destroy()
      meeting.close()
    },
  }
}

const FLUSH_LIMIT = 1000

function flushed(link: Socket | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (!link || link.destroyed) return resolve()
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
