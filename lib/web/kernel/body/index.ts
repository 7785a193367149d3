import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refused } from '../faults'
import type { Bodies } from './bodies'
import { readJson } from './json'
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

/** What a request may bring. */
export interface Takes {
  /** octets of JSON */
  readonly json: number
  /** octets of a form that has files beside the JSON; undefined: none */
  readonly form: number | undefined
}

/** Called once it is known who asks, unless anybody may: that decides how much is read. @param takes undefined: nothing */
export async function readBody(
  bodies: Bodies,
  takes: Takes | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  address: string,
): Promise<Brought> {
  const { 'content-type': type = '', 'content-length': length, 'transfer-encoding': chunked } = request.headers
  if (!takes || (chunked === undefined && (length === undefined || length === '0'))) {
    return { json: undefined, files: NO_FILES }
  }
  const media = type.split(';')[0]?.trim().toLowerCase()
  if (takes.form !== undefined && media === 'multipart/form-data') {
    return readForm(await bodies.read(request, response, address, takes.form), type)
  }
  // JSON between systems is UTF-8.
  if (media === 'application/json' && !/;\s*charset=(?!"?utf-8)/i.test(type)) {
    return { json: readJson(await bodies.read(request, response, address, takes.json)), files: NO_FILES }
  }
  throw wrongType(takes.form === undefined ? 'application/json' : 'application/json or multipart/form-data')
}
