import type { Part } from '../prepared'
import { outsideComments } from './comments'
import { createDelimiters, type Delimiter, isBoundary } from './delimiters'
import { type Field, fieldOf, parseFields } from './header'
import { createLineCounter } from './lines'
import { decodeParameters, type Parameters, parameterOctets, parseParameters } from './params'

/** A part while it is being prepared: the tree that is kept, and what the encoders need beside it. */
export interface Node {
  readonly part: Part
  readonly fields: readonly Field[]
  readonly contentType: Parameters
  readonly disposition: Parameters | undefined
  readonly children: readonly Node[]
  readonly message: Node | undefined
}

/** Deeper parts, and parts beyond this number, stay octets of their parent: a bomb costs no more than a message. */
export const MAX_DEPTH = 100
export const MAX_PARTS = 10_000

const LF = 10
const CR = 13
/** type "/" subtype, tokens of RFC 2045 5.1. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`{|}~-]+\/[\w!#$%&'*+.^`{|}~-]+$/
const TEXT_PLAIN: Parameters = { value: 'text/plain', raw: [['charset', 'us-ascii']] }
const MESSAGE: Parameters = { value: 'message/rfc822', raw: [] }

/** RFC 2046 5.1.1: the line end before a delimiter belongs to the delimiter. */
function endBefore(bytes: Buffer, delimiter: Delimiter, bodyStart: number): number {
  let end = delimiter.at
  if (delimiter.level < 0) return end
  if (end > bodyStart && bytes[end - 1] === LF) end--
  if (end > bodyStart && bytes[end - 1] === CR) end--
  return Math.max(end, bodyStart)
}

/** A part that has no header of its own: what a multipart without a delimiter is taken for. */
function leafOf(start: number, end: number, lines: number): Node {
  const part: Part = {
    type: 'text',
    subtype: 'plain',
    params: TEXT_PLAIN.raw,
    encoding: '7bit',
    headerStart: start,
    bodyStart: start,
    bodyEnd: end,
    lines,
    children: [],
  }
  return { part, fields: [], contentType: TEXT_PLAIN, disposition: undefined, children: [], message: undefined }
}

function contentTypeOf(fields: readonly Field[], fallback: Parameters): Parameters {
  const text = fieldOf(fields, 'content-type')
  if (text === undefined) return fallback
  const parsed = parseParameters(text)
  // RFC 2045 5.2: what cannot be read is text/plain.
  return MEDIA_TYPE.test(parsed.value) ? parsed : TEXT_PLAIN
}

function encodingOf(fields: readonly Field[]): string {
  const text = fieldOf(fields, 'content-transfer-encoding') ?? ''
  return (
    outsideComments(text.slice(0, 200))
      .trim()
      .replace(/[\s;].*$/s, '')
      .replace(/^"|"$/g, '')
      .toLowerCase() || '7bit'
  )
}

interface Parsed {
  readonly node: Node
  /** what ended it */
  readonly until: Delimiter
}

/**
 * The MIME tree of a message (RFC 2045, 2046), whatever its octets are. Each octet is looked at a fixed number of times.
 * @param mostParts what follows them is the last one's text
 */
export function parseStructure(bytes: Buffer, mostParts = MAX_PARTS): Node {
  const delimiters = createDelimiters(bytes)
  const linesIn = createLineCounter(bytes)
  let parts = 0

  /** Where the header ends: after its empty line, at a delimiter, or with the message. */
  function headerEnd(start: number): { bodyStart: number; cutBy: Delimiter | undefined } {
    let line = start
    while (line < bytes.length) {
      const first = bytes[line]
      if (first === LF) return { bodyStart: line + 1, cutBy: undefined }
      if (first === CR && bytes[line + 1] === LF) return { bodyStart: line + 2, cutBy: undefined }
      const lf = bytes.indexOf(LF, line)
      const stop = lf < 0 ? bytes.length : lf
      const cutBy = delimiters.at(line, stop)
      if (cutBy) return { bodyStart: endBefore(bytes, cutBy, start), cutBy }
      line = stop + 1
    }
    return { bodyStart: bytes.length, cutBy: undefined }
  }

  function childrenOf(bodyStart: number, boundary: string, depth: number, inner: Parameters) {
    const children: Node[] = []
    const level = delimiters.open(boundary)
    let until = delimiters.next(bodyStart)
    while (until.level === level && !until.closing) {
      if (parts >= mostParts) {
        until = delimiters.next(until.next)
        continue
      }
      const child: Parsed = parse(until.next, depth + 1, inner)
      children.push(child.node)
      until = child.until
    }
    delimiters.close()
    // After the last delimiter comes the epilogue, up to a delimiter of an outer multipart.
    if (until.level === level) until = delimiters.next(until.next)
    return { children, until }
  }

  function parse(start: number, depth: number, fallback: Parameters): Parsed {
    parts++
    const { bodyStart, cutBy } = headerEnd(start)
    const fields = parseFields(bytes, start, bodyStart)
    const contentType = contentTypeOf(fields, fallback)
    const [type = '', subtype = ''] = contentType.value.toLowerCase().split('/')
    const deeper = cutBy === undefined && depth < MAX_DEPTH && parts < mostParts
    const boundary = type === 'multipart' ? parameterOctets(contentType.raw, 'boundary') : undefined
    const isMessage = type === 'message' && (subtype === 'rfc822' || subtype === 'global')

    let children: Node[] = []
    let message: Node | undefined
    let until = cutBy
    if (deeper && isBoundary(boundary)) {
      // RFC 2046 5.1.5: parts of a digest are messages unless they say otherwise.
      const inside = childrenOf(bodyStart, boundary, depth, subtype === 'digest' ? MESSAGE : TEXT_PLAIN)
      children = inside.children
      until = inside.until
    } else if (deeper && isMessage) {
      const inside = parse(bodyStart, depth + 1, TEXT_PLAIN)
      message = inside.node
      until = inside.until
    }
    until ??= delimiters.next(bodyStart)
    // A header that ends right at a delimiter keeps its empty line, and what is around it holds that too.
    const inside = message?.part.bodyEnd ?? children.at(-1)?.part.bodyEnd ?? bodyStart
    const bodyEnd = Math.max(inside, endBefore(bytes, until, bodyStart))
    // RFC 9051 9: body-type-mpart needs one part at least, body-type-msg needs the message's envelope and body.
    if (type === 'multipart' && children.length === 0)
      children = [leafOf(bodyStart, bodyEnd, linesIn(bodyStart, bodyEnd))]
    if (isMessage) message ??= leafOf(bodyStart, bodyEnd, linesIn(bodyStart, bodyEnd))

    const dispositionText = fieldOf(fields, 'content-disposition')
    const disposition = dispositionText === undefined ? undefined : parseParameters(dispositionText)
    const id = fieldOf(fields, 'content-id')
    const part: Part = {
      type,
      subtype,
      params: decodeParameters(contentType.raw),
      encoding: encodingOf(fields),
      ...(disposition &&
        disposition.value !== '' && {
          disposition: { type: disposition.value.toLowerCase(), params: decodeParameters(disposition.raw) },
        }),
      ...(id !== undefined && { id }),
      headerStart: start,
      bodyStart,
      bodyEnd,
      lines: type === 'text' || isMessage ? linesIn(bodyStart, bodyEnd) : 0,
      children: children.map((child) => child.part),
      ...(message && { message: message.part }),
    }
    return { node: { part, fields, contentType, disposition, children, message }, until }
  }

  return parse(0, 0, TEXT_PLAIN).node
}
