import type { Socket } from 'node:net'
import { readLines } from '../../processes/lines'
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
/** milliseconds in which the other side says hello */
const LONGEST_SILENCE = 5000
/** milliseconds */
const LONGEST_END = 200

export function createLink(socket: Socket, own: string, events: LinkEvents): Link {
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
  function heard(line: string): boolean {
    const frame = decodeFrame(line)
    if (frame?.kind === 'hello') peer = frame.from
    // Only who said hello is one of us.
    else if (peer === undefined) return false
    if (frame !== undefined) events.frame(frame, link)
    return true
  }

  socket.unref()
  readLines(socket, heard)
  socket.on('drain', () => {
    if (!lagging) return
    lagging = false
    socket.write(encodeFrame({ kind: 'gap' }))
  })
  // What went wrong does not matter: a lost link is found again by the next look into the directory.
  socket.on('error', () => {})
  const silent = setTimeout(() => peer ?? socket.destroy(), LONGEST_SILENCE).unref()
  socket.on('close', () => {
    clearTimeout(silent)
    events.closed(link)
  })
  socket.write(encodeFrame({ kind: 'hello', from: own }))
  return link
}
