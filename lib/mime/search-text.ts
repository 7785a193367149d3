import { fold } from './fold'
import { type Field, parseFields } from './header'
import { htmlText } from './html-text'
import type { Part } from './prepared'
import { partText } from './text'
import { decodeWords } from './words'

/** What SEARCH HEADER, TEXT and BODY compare with: decoded and folded. Octets come from the caller, so that only those needed are read. */

const fieldsOf = (header: Buffer): readonly Field[] => parseFields(header, 0, header.length)

/**
 * Values of a header field, joined by line ends; undefined: the message has no such field.
 * @param name lower case
 */
export function headerValue(header: Buffer, name: string): string | undefined {
  const values = fieldsOf(header).filter((field) => field.name === name)
  return values.length === 0 ? undefined : fold(values.map((field) => decodeWords(field.value)).join('\n'))
}

export const headerText = (header: Buffer): string =>
  fold(
    fieldsOf(header)
      .map((field) => `${field.name}: ${decodeWords(field.value)}`)
      .join('\n'),
  )

export { fold as foldedText }

/** @param octets of a text part (`textParts`), from `bodyStart` to `bodyEnd`; HTML is found by what it shows and by what it is */
export function bodyText(part: Part, octets: Buffer): string {
  const text = partText(part, octets)
  return fold(part.subtype === 'html' ? `${htmlText(text, { as: 'index' }).text}\n${text}` : text)
}
