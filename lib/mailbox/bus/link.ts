import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { decodeFrame, encodeFrame, type Frame } from './frames'

/** One socket to one other process. It never throws and never holds the process up. */
export interface Link {
  /** what the other side calls itself, once it said hello */
  readonly peer: string | undefined
  /** Adds to what is sent; a peer that does not read gets a `gap` later instead of an endless queue. */
  send(text: string): void
  /** Sends what waits, then closes; bounded in time. */
  end(): Promise<void>
}

export interface LinkEvents {
  frame(frame: Frame, link: Link): void
  closed(link: Link): void
}

/** Octets that may wait for a peer that does not read (a stopped process). */
const HIGH_WATER = 1024 * 1024
const LONGEST_LINE = 64 * 1024
/** milliseconds */
const LONGEST_END = 200

export function createLink(socket: Socket, own: string, events: LinkEvents): Link {
  const utf8 = new StringDecoder('utf8')
  let rest = ''
  let peer: string | undefined
  let lagging = false

  const link: Link = {
    get peer() {
      return peer
    },
    send(text) {
      if (socket.destroyed) return
      if (socket.writableLength > HIGH_WATER) lagging = true
      if (!lagging) socket.write(text)
    },
    async end() {
      if (socket.destroyed) return
      const over = new Promise((resolve) => socket.once('close', resolve))
      const timer = setTimeout(() => socket.destroy(), LONGEST_END)
      socket.ref().end()
      await over
      clearTimeout(timer)
    },
  }
  function heard(line: string): void {
    const frame = decodeFrame(line)
    if (frame?.kind === 'hello') peer = frame.from
    if (frame !== undefined) events.frame(frame, link)
  }

  socket.unref()
  socket.on('data', (octets: Buffer) => {
    const lines = (rest + utf8.write(octets)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) heard(line)
    if (rest.length > LONGEST_LINE) socket.destroy()
  })
  socket.on('drain', () => {
    if (!lagging) return
    lagging = false
    socket.write(encodeFrame({ kind: 'gap' }))
  })
  // What went wrong does not matter: a lost link is found again by the next look into the directory.
  socket.on('error', () => {})
  socket.on('close', () => events.closed(link))
  socket.write(encodeFrame({ kind: 'hello', from: own }))
  return link
}
