import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refused } from '../faults'
import { MOST_JSON } from './json'

export interface BodySettings {
  /** octets of the biggest request */
  readonly maxBody: number
  /** unfinished requests with a body: of one address, and in all */
  readonly bodiesOfAddress: number
  readonly bodies: number
  /** milliseconds in which a body must end, or bring `LEAST` octets */
  readonly bodyTimeout: number
}

/** Octets that anybody may send: a name, a password and a code. */
export const MOST_OF_STRANGERS = 16 * 1024
/** Octets in `bodyTimeout`: a body that comes slower is not waited for. */
const LEAST = 16 * 1024
/** milliseconds in which a client that was refused may go on sending, so that it hears why */
const LINGER = 2000

/** Bodies of requests as octets, bounded in number, octets and time; those in memory are counted until they are answered. */
export interface Bodies {
  /** Throws 400, 408, 413, 415, 429 and 503. */
  read(request: IncomingMessage, response: ServerResponse, address: string, most: number): Promise<Buffer>
  /** What nobody reads does not come for ever. */
  leave(request: IncomingMessage, response: ServerResponse): void
}

interface Share {
  unfinished: number
  octets: number
}

export function createBodies(settings: BodySettings): Bodies {
  const shares = new Map<string, Share>()
  const all: Share = { unfinished: 0, octets: 0 }

  const busy = (): Refused => new Refused(503, 'busy', 'Too many requests at once, try again later.')
  const tooMany = (): Refused => new Refused(429, 'too-many-requests', 'Too many requests at once from this address.')
  const cutOff = (): Refused => new Refused(400, 'cut-off', 'The request did not end.')

  /** Without one it is chunked: a small body may be. */
  function lengthOf({ headers }: IncomingMessage, most: number): number {
    const { 'content-encoding': encoding = 'identity', 'content-length': length } = headers
    // Octets that unfold to more than came are not taken from anybody.
    if (encoding.toLowerCase() !== 'identity') throw new Refused(415, 'encoding', 'Send the body without an encoding.')
    if (Number(length ?? 0) <= most) return length === undefined ? Math.min(most, MOST_JSON) : Number(length)
    throw new Refused(413, 'too-big', `The request is over the limit of ${most} octets.`)
  }

  /** An address may have one of the biggest bodies in memory, and all together two. What a stranger may send is not in it. */
  function reserve(address: string, length: number) {
    const share = shares.get(address) ?? { unfinished: 0, octets: 0 }
    const octets = length > MOST_OF_STRANGERS ? length : 0
    const { maxBody, bodies, bodiesOfAddress } = settings
    if (share.unfinished >= bodiesOfAddress || (octets > 0 && share.octets + octets > maxBody + MOST_JSON))
      throw tooMany()
    if (all.unfinished >= bodies || (octets > 0 && all.octets + octets > 2 * maxBody)) throw busy()
    shares.set(address, share)
    for (const counted of [share, all]) {
      counted.unfinished++
      counted.octets += octets
    }
    const forget = (): void => {
      if (share.unfinished === 0 && share.octets === 0 && shares.get(address) === share) shares.delete(address)
    }
    return {
      finished(): void {
        for (const counted of [share, all]) counted.unfinished--
        forget()
      },
      answered(): void {
        for (const counted of [share, all]) counted.octets -= octets
        forget()
      },
    }
  }

  function collect(request: IncomingMessage, length: number): Promise<Buffer> {
    const whole = Buffer.allocUnsafeSlow(length)
    let size = 0
    let lately = 0
    return new Promise((resolve, reject) => {
      function end(settle: () => void): void {
        clearInterval(timer)
        for (const [event, listener] of listeners) request.off(event, listener)
        settle()
      }
      const refuse = (refused: Refused): void => {
        request.pause()
        end(() => reject(refused))
      }
      const data = (chunk: Buffer): void => {
        // Only a chunked body can be longer than it said.
        if (size + chunk.length > length)
          return refuse(
            new Refused(
              413,
              'too-big',
              `A body of more than ${length} octets says its length, up to the limit of its route.`,
            ),
          )
        chunk.copy(whole, size)
        size += chunk.length
        lately += chunk.length
      }
      const listeners: readonly (readonly [string, (chunk: Buffer) => void])[] = [
        ['data', data],
        ['end', () => end(() => resolve(whole.subarray(0, size)))],
        ['close', () => end(() => reject(cutOff()))],
        ['error', () => end(() => reject(cutOff()))],
      ]
      const timer = setInterval(() => {
        if (lately < LEAST) refuse(new Refused(408, 'too-slow', 'The request came too slowly.'))
        lately = 0
      }, settings.bodyTimeout)
      for (const [event, listener] of listeners) request.on(event, listener)
    })
  }

  return {
    async read(request, response, address, most) {
      const length = lengthOf(request, most)
      const reserved = reserve(address, length)
      response.once('close', reserved.answered)
      try {
        return await collect(request, length)
      } finally {
        reserved.finished()
      }
    },
    leave(request, response) {
      response.once('finish', () => {
        if (request.complete) return
        const timer = setTimeout(() => request.socket.destroy(), LINGER).unref()
        request.once('close', () => clearTimeout(timer))
        request.resume()
      })
    },
  }
}
