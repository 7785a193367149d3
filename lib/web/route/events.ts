import type { Response } from 'express'
import { openEventStream } from '../kernel/event-stream'
import { Refused } from '../kernel/faults'
import type { Web } from '../shared'
import type { Answer } from './route'

/** A session that ended in another process: its streams here end within this time, and tell nothing meanwhile. */
const STILL_IN = 2000

export interface EventStreams {
  /** Throws 429. @param credentialId whose stream it is */
  open(response: Response, credentialId: string, answer: Extract<Answer, { kind: 'events' }>): void
  /** A session or a right may have ended: all look at once. */
  look(): void
  close(): void
}

/** Live updates for as long as their session is in that mailbox. */
export function createEventStreams({ admit, entrance, settings, version }: Web): EventStreams {
  interface Open {
    readonly credentialId: string
    readonly look: () => void
  }
  const streams = new Map<Response, Open>()

  /** What is told of an owner's mail to a session: something, nothing any more, or another owner's. */
  async function hears(credentialId: string, owner: string): Promise<'on' | 'out' | 'elsewhere'> {
    const principal = await admit.now(credentialId)
    if (!principal) return 'out'
    const now = await entrance.ownerOf(principal).catch((error) => {
      if (error instanceof Refused) return undefined
      throw error
    })
    return now?.id === owner ? 'on' : 'elsewhere'
  }

  return {
    open(response, credentialId, { owner, start }) {
      const own = [...streams.values()].filter((stream) => stream.credentialId === credentialId)
      if (own.length >= settings.maxStreams) {
        throw new Refused(429, 'too-many-streams', 'Too many live-update streams.')
      }
      const stream = openEventStream(response)
      /** Looks whether it may go on, and then tells. A browser whose stream ended elsewhere asks for a new one by itself. */
      const onlyWhile = (tell: () => void): void => {
        hears(credentialId, owner).then(
          (heard) => {
            if (heard === 'on') return tell()
            if (heard === 'out') stream.send('lost', {})
            stream.end()
          },
          () => undefined, // the store is away: the next look tells
        )
      }
      const look = (): void => onlyWhile(() => undefined)
      streams.set(response, { credentialId, look })
      stream.send('hello', { version })
      const stop = start((event, data) => onlyWhile(() => stream.send(event, data)))
      const watch = setInterval(look, STILL_IN).unref()
      response.once('close', () => {
        clearInterval(watch)
        stop()
        streams.delete(response)
      })
    },
    look() {
      for (const { look } of streams.values()) look()
    },
    close() {
      for (const response of streams.keys()) response.destroy()
    },
  }
}
