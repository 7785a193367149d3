import { openRendezvous } from '../../processes/rendezvous'
import type { Log } from '../../terms/ports'
import type { Bus, Notice } from '../mailbox'
import { encodeFrame } from './frames'
import { createLink, type Link, type LinkEvents } from './link'
import { createNoticeListeners } from './listeners'
import { createOutbox } from './outbox'

export interface SocketBusOptions {
  /** shared by all processes that use one store, and by no others; made when missing */
  readonly directory: string
  readonly log: Log
  /** milliseconds between two looks for processes that are not linked yet */
  readonly lookEvery?: number
}

export interface SocketBus extends Bus {
  /** processes that are linked now */
  readonly peers: number
}

/**
 * Notices between the processes of one host (workers, the CLI), over Unix-domain sockets and without a server: a newcomer
 * dials everybody whose socket it finds. Whenever a process comes or goes, the others hear `gap`: notices may have been lost.
 */
export async function socketBus({ directory, log, lookEvery = 5000 }: SocketBusOptions): Promise<SocketBus> {
  const { tell, subscribe } = createNoticeListeners(log)
  /** two processes that dial each other at once have two links; one of them is used for sending */
  const links = new Set<Link>()
  const dialing = new Set<string>()
  let closed = false

  const events: LinkEvents = {
    frame: (frame) => tell(frame.kind === 'hello' ? { kind: 'gap' } : frame),
    closed(link) {
      links.delete(link)
      // Nobody's notices were lost with a link that never said hello.
      if (closed || link.peer === undefined) return
      tell({ kind: 'gap' })
      lookSoon()
    },
  }
  const meeting = await openRendezvous(directory, (socket, own) => links.add(createLink(socket, own, events)))

  const linked = (name: string) => [...links].some((link) => link.peer === name)
  async function dial(name: string): Promise<void> {
    if (dialing.has(name) || linked(name)) return
    dialing.add(name)
    const socket = await meeting.dial(name)
    dialing.delete(name)
    if (socket === undefined) return
    if (closed) socket.destroy()
    else links.add(createLink(socket, meeting.own, events))
  }
  async function look(): Promise<void> {
    try {
      if (!closed) await Promise.all(meeting.others().map(dial))
    } catch (error) {
      log.warn(`the directory of the notice sockets cannot be read: ${String(error)}`)
    }
  }
  let soon: NodeJS.Timeout | undefined
  function lookSoon(): void {
    soon ??= setTimeout(() => {
      soon = undefined
      void look()
    }, 50).unref()
  }
  await look()
  const timer = setInterval(() => void look(), lookEvery).unref()

  function send(notices: readonly Notice[]): void {
    const text = notices.map(encodeFrame).join('')
    const served = new Set<string>()
    for (const link of links) {
      if (link.peer !== undefined && served.has(link.peer)) continue
      if (link.peer !== undefined) served.add(link.peer)
      link.send(text)
    }
  }
  const outbox = createOutbox(send)

  return {
    publish: outbox.add,
    subscribe,
    get peers() {
      return new Set([...links].map((link) => link.peer).filter((peer) => peer !== undefined)).size
    },
    async close() {
      outbox.flush()
      closed = true
      clearInterval(timer)
      clearTimeout(soon)
      meeting.close()
      await Promise.all([...links].map((link) => link.end()))
    },
  }
}
