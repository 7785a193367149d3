import { turn } from '../../../work/turns'
import { Refused } from '../faults'
import { Invalid } from '../schema'

/** A field of a form (RFC 7578): its octets as they came. */
export interface FormField {
  readonly name: string
  readonly octets: Buffer
}

const MOST_FIELDS = 201
const LONGEST_HEADER = 4096
/** octets that are searched at a stretch: a boundary can be made so that the search looks at each of them many times */
const WINDOW = 64 * 1024

/** RFC 2046 5.1.1. */
export function boundaryOf(contentType: string): string {
  const [, quoted, bare] = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))/i.exec(contentType) ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) throw new Invalid('the body: expected a boundary in its type')
  return boundary
}

async function find(octets: Buffer, delimiter: Buffer, from: number): Promise<number> {
  for (let at = from; at < octets.length; at += WINDOW) {
    const found = octets.subarray(at, at + WINDOW + delimiter.length - 1).indexOf(delimiter)
    if (found >= 0) return at + found
    await turn()
  }
  throw new Invalid('the body: expected the end of a form')
}

/** RFC 7578 4.2: `form-data` with a name. Nothing else of the header is used: what a file is called stands in `message`. */
function nameOf(header: string): string {
  const [, name] = /^content-disposition: *form-data *; *name="([\w-]{1,64})"/im.exec(header) ?? []
  if (name === undefined) throw new Invalid('the body: expected a field with a name of letters and digits')
  return name
}

/** The fields of `multipart/form-data` in their order, without a copy. Throws `Invalid` and 413. */
export async function readMultipart(octets: Buffer, boundary: string): Promise<readonly FormField[]> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  if (!octets.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) {
    throw new Invalid('the body: expected a form')
  }
  const fields: FormField[] = []
  for (let at = delimiter.length - 2; ; ) {
    const after = octets.toString('latin1', at, at + 2)
    if (after === '--') return fields
    if (after !== '\r\n') throw new Invalid('the body: expected a field of a form')
    if (fields.length === MOST_FIELDS) throw new Refused(413, 'too-big', 'The request has too many files.')
    const length = octets.subarray(at, at + LONGEST_HEADER).indexOf('\r\n\r\n')
    if (length < 0) throw new Invalid('the body: expected a short header of a field')
    const start = at + length + 4
    const end = await find(octets, delimiter, start)
    fields.push({ name: nameOf(octets.toString('latin1', at, start)), octets: octets.subarray(start, end) })
    at = end + delimiter.length
    await turn()
  }
}
