import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refused } from '../faults'
import type { Bodies } from './bodies'
import { type BodyKind, type Brought, NOTHING } from './kinds'

/** What a request may bring: of which kinds, and how many octets. */
export interface Takes {
  readonly kinds: readonly BodyKind[]
  most(kind: BodyKind): number
}

/**
 * Called once it is known who asks, unless anybody may: that decides how much is read.
 * @param takes undefined: nothing
 */
export async function readBody(
  bodies: Bodies,
  takes: Takes | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  address: string,
): Promise<Brought> {
  const { 'content-type': type = '', 'content-length': length, 'transfer-encoding': chunked } = request.headers
  if (!takes || (chunked === undefined && (length === undefined || length === '0'))) return NOTHING
  const mediaType = type.split(';')[0]?.trim().toLowerCase()
  const kind = takes.kinds.find((candidate) => candidate.mediaType === mediaType)
  if (!kind?.accepts(type)) {
    const types = takes.kinds.map((candidate) => candidate.mediaType)
    throw new Refused(415, 'type', `The body is not ${types.join(' or ')}.`)
  }
  return kind.read(await bodies.read(request, response, address, takes.most(kind)), type)
}
