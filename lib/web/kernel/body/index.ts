import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route } from '../../route/route'
import { Refused } from '../faults'
import { type Bodies, MOST_OF_STRANGERS } from './bodies'
import { MOST_JSON, readJson } from './json'
import { boundaryOf, readMultipart } from './multipart'

/** What a request brought: its JSON, checked by nobody yet, and its files by the names of their fields. */
export interface Brought {
  readonly json: unknown
  readonly files: ReadonlyMap<string, Buffer>
}

const NO_FILES: ReadonlyMap<string, Buffer> = new Map()
const wrongType = (expected: string): Refused => new Refused(415, 'type', `The body is not ${expected}.`)

/** The field of a form that holds the JSON. */
export const MESSAGE = 'message'

async function readForm(octets: Buffer, type: string): Promise<Brought> {
  const fields = await readMultipart(octets, boundaryOf(type))
  const files = new Map(fields.map(({ name, octets: content }) => [name, content]))
  const message = files.get(MESSAGE)
  files.delete(MESSAGE)
  return { json: message && readJson(message), files }
}

/** Called once it is known who asks, unless anybody may: that decides how much is read. */
export async function readBody(
  bodies: Bodies,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  { address, maxBody }: { readonly address: string; readonly maxBody: number },
): Promise<Brought> {
  const { 'content-type': type = '', 'content-length': length, 'transfer-encoding': chunked } = request.headers
  if (!route.body || (chunked === undefined && (length === undefined || length === '0'))) {
    return { json: undefined, files: NO_FILES }
  }
  const media = type.split(';')[0]?.trim().toLowerCase()
  const form = route.files === true && media === 'multipart/form-data'
  // JSON between systems is UTF-8.
  const json = media === 'application/json' && !/;\s*charset=(?!"?utf-8)/i.test(type)
  if (!form && !json) throw wrongType(route.files ? 'application/json or multipart/form-data' : 'application/json')
  const most = route.scope === 'public' ? MOST_OF_STRANGERS : form ? maxBody : MOST_JSON
  const octets = await bodies.read(request, response, address, most)
  return form ? readForm(octets, type) : { json: readJson(octets), files: NO_FILES }
}
