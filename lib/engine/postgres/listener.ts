import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import { createSockets } from './sockets'

export interface ListenerOptions {
  /** may hold a password: never logged */
  readonly url: string
  readonly purpose: string
  /** as NOTIFY names it: at most 63 of a-z, 0-9 and _ */
  readonly channel: string
  /** milliseconds for a connection, and for an answer */
  readonly patience: number
  heard(payload: string): void
  /** It listens, for the first time or again: what was said before was not heard. */
  listening(): void
  readonly log: Log
}

export interface Listener {
  close(): Promise<void>
}

/** milliseconds until a lost connection is tried again; twice as long each time */
const FIRST_AGAIN = 100
const LAST_AGAIN = 2000
/** milliseconds between two looks whether the server still answers: who only listens would not notice */
const PULSE = 5000

/** A connection that listens to NOTIFY, and comes back by itself. */
export function openListener(options: ListenerOptions): Listener {
  const { url, purpose, channel, patience, heard, listening, log } = options
  const closed = new AbortController()
  let told = false

  async function listen(): Promise<void> {
    const sockets = createSockets()
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: patience,
      query_timeout: patience,
      keepAlive: true,
      application_name: `haraka-mailbox ${purpose} listener`,
      stream: sockets.make,
    })
    client.on('error', () => undefined)
    client.on('notification', ({ payload }) => heard(payload ?? ''))
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
    closed.signal.addEventListener('abort', sockets.destroy)
    const pulse = setInterval(() => void client.query('SELECT 1').catch(sockets.destroy), PULSE).unref()
    try {
      await client.connect()
      await client.query(`LISTEN ${channel}`)
      told = false
      listening()
      await ended
    } finally {
      clearInterval(pulse)
      closed.signal.removeEventListener('abort', sockets.destroy)
      sockets.destroy()
    }
  }

  async function stay(): Promise<void> {
    for (let again = FIRST_AGAIN; !closed.signal.aborted; again = Math.min(again * 2, LAST_AGAIN)) {
      const began = performance.now()
      try {
        await listen()
      } catch (error) {
        if (!told && !closed.signal.aborted) log.warn(`${purpose}: not listening to PostgreSQL: ${textOf(error)}`)
        told = true
      }
      if (performance.now() - began > LAST_AGAIN) again = FIRST_AGAIN
      await pause(again, undefined, { ref: false, signal: closed.signal }).catch(() => undefined)
    }
  }
  const over = stay()

  return {
    async close() {
      closed.abort()
      await over
    },
  }
}
