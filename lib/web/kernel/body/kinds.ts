import { MOST_JSON, readJson } from './json'
import { boundaryOf, readMultipart } from './multipart'

/** What a request brought: its JSON, checked by nobody yet, and its files by the names of their fields. */
export interface Brought {
  readonly json: unknown
  readonly files: ReadonlyMap<string, Buffer>
}
export const NOTHING: Brought = { json: undefined, files: new Map() }

/** A kind of body that a route may take. */
export interface BodyKind {
  readonly mediaType: string
  /** by the parameters of its type */
  accepts(contentType: string): boolean
  /** octets. @param maxBody of the biggest request */
  most(maxBody: number): number
  /** Throws `Invalid` and 413. */
  read(octets: Buffer, contentType: string): Promise<Brought>
  /** for the OpenAPI document. @param json schema of the JSON */
  describe(json: object): object
}

export const JSON_BODY: BodyKind = {
  mediaType: 'application/json',
  // JSON between systems is UTF-8.
  accepts: (contentType) => !/;\s*charset=(?!"?utf-8)/i.test(contentType),
  most: () => MOST_JSON,
  read: async (octets) => ({ ...NOTHING, json: readJson(octets) }),
  describe: (json) => ({ schema: json }),
}

/** The field of a form that holds the JSON. */
const MESSAGE = 'message'

/** RFC 7578: the JSON in its field, and files in fields of any other names. */
export const FORM_BODY: BodyKind = {
  mediaType: 'multipart/form-data',
  accepts: () => true,
  most: (maxBody) => maxBody,
  async read(octets, contentType) {
    const fields = await readMultipart(octets, boundaryOf(contentType))
    const files = new Map(fields.map(({ name, octets: content }) => [name, content]))
    const message = files.get(MESSAGE)
    files.delete(MESSAGE)
    return { json: message && readJson(message), files }
  },
  describe: (json) => ({
    schema: {
      type: 'object',
      properties: { [MESSAGE]: json },
      required: [MESSAGE],
      additionalProperties: { type: 'string', contentMediaType: 'application/octet-stream' },
    },
    encoding: { [MESSAGE]: { contentType: 'application/json' } },
  }),
}
