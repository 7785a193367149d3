import { fold } from '../../terms/casemap'
import type { Part } from '../prepared'
import { type Field, parseFields, unfoldedText } from '../read/header'
import { decodeParameters, parseParameters } from '../read/params'
import { parseStructure } from '../read/structure'
import { htmlText } from './html-text'
import { partText } from './text'
import { decodePart } from './transfer'
import { decodeWords } from './words'

/** What SEARCH HEADER, TEXT and BODY compare with: decoded and folded. Octets come from the caller, so that only those needed are read. */

const fieldsOf = (header: Buffer): readonly Field[] => parseFields(header, 0, header.length)
const shown = (value: string): string => unfoldedText(decodeWords(value))

/**
 * Values of a header field, joined by line ends; undefined: the message has no such field.
 * @param name lower case
 */
export function headerValue(header: Buffer, name: string): string | undefined {
  const values = fieldsOf(header).filter((field) => field.name === name)
  return values.length === 0 ? undefined : fold(values.map(({ value }) => shown(value)).join('\n'))
}

/** A field as it stands, and names of files that RFC 2231 has encoded or cut into pieces. */
function fieldText({ name, value }: Field): string {
  const text = `${name}: ${shown(value)}`
  const encoded = (name === 'content-type' || name === 'content-disposition') && value.includes('*')
  if (!encoded) return text
  return [text, ...decodeParameters(parseParameters(value).raw).map(([, parameter]) => unfoldedText(parameter))].join(
    '\n',
  )
}

/** Lines of a header that are no fields: what a broken sender took for the body. */
const STRAY = /^(?![ \t\r\n]|[\x21-\x39\x3b-\x7e]+[ \t]*:)[^\n]+/gm
const strayLines = (header: Buffer): readonly string[] => header.toString('latin1').match(STRAY) ?? []

/** @param header of a message or of a part */
export const headerText = (header: Buffer): string =>
  fold([...fieldsOf(header).map(fieldText), ...strayLines(header).map(shown)].join('\n'))

/**
 * Octets that a search for text looks at, beside the message's own header. RFC 9051 6.4.4: TEXT has the fields of parts; types
 * other than text and message may be left out.
 */
export interface SearchedRange {
  /** `message`: one inside that is encoded, whose parts nobody has counted */
  readonly kind: 'fields' | 'text' | 'message'
  readonly part: Part
  readonly start: number
  readonly end: number
}

const isEncoded = ({ encoding }: Part): boolean => encoding === 'base64' || encoding === 'quoted-printable'

/** In order of octets. */
export function* searchedRanges(part: Part, within: 'message' | 'part' = 'message'): Generator<SearchedRange> {
  if (within === 'part' && part.bodyStart > part.headerStart)
    yield { kind: 'fields', part, start: part.headerStart, end: part.bodyStart }
  const body = { part, start: part.bodyStart, end: part.bodyEnd }
  if (part.message && isEncoded(part)) yield { kind: 'message', ...body }
  else if (part.message) yield* searchedRanges(part.message, 'part')
  else if (part.children.length > 0) for (const child of part.children) yield* searchedRanges(child, 'part')
  else if (part.type === 'text' || part.type === 'message') yield { kind: 'text', ...body }
}

/** Folded; `fields` of parts and of messages inside, `text` of all that is read. */
export interface SearchedText {
  readonly fields: string
  readonly text: string
}

/** @param octets of a part, from `bodyStart` to `bodyEnd`; HTML is found by what it shows and by what it is */
export function bodyText(part: Part, octets: Buffer): string {
  const text = partText(part, octets)
  return fold(part.subtype === 'html' ? `${htmlText(text, { as: 'index' }).text}\n${text}` : text)
}

/** Messages in messages that are encoded, one in another. */
const MOST_ENCODED = 3

/** A message inside that is encoded (RFC 2046 5.2.1 forbids it, and some software does it), with all that is in it. */
export function encodedMessageText(part: Part, octets: Buffer, depth = 0): SearchedText {
  const decoded = decodePart(octets, part.encoding)
  if (!decoded || depth >= MOST_ENCODED) return { fields: '', text: '' }
  const fields: string[] = []
  const texts: string[] = []
  for (const { kind, part: inside, start, end } of searchedRanges(parseStructure(decoded).part, 'part')) {
    const some = decoded.subarray(start, end)
    if (kind === 'fields') fields.push(headerText(some))
    else if (kind === 'text') texts.push(bodyText(inside, some))
    else {
      const deeper = encodedMessageText(inside, some, depth + 1)
      fields.push(deeper.fields)
      texts.push(deeper.text)
    }
  }
  return { fields: fields.join('\n'), text: texts.join('\n') }
}
