import { fromLine, headerLines, isQuotedInHeader, withOwnMark } from '../mime/write/mbox-lines'
import type { Exported } from './messages'

const LF = 0x0a
const CR = 0x0d
const LINE_END = Buffer.from('\n')
const MARK = Buffer.from('>')

/** Whether every line end is CRLF, and no CR or LF stands alone. */
function isEven(octets: Buffer): boolean {
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, at + 1)) if (octets[at - 1] !== CR) return false
  for (let at = octets.indexOf(CR); at >= 0; at = octets.indexOf(CR, at + 1)) if (octets[at + 1] !== LF) return false
  return true
}

function withLf(octets: Buffer): Buffer {
  const out = Buffer.allocUnsafe(octets.length)
  let to = 0
  let start = 0
  for (let at = octets.indexOf(CR); at >= 0; at = octets.indexOf(CR, at + 1)) {
    to += octets.copy(out, to, start, at)
    start = at + 1
  }
  to += octets.copy(out, to, start)
  return out.subarray(0, to)
}

interface QuotedHeader {
  readonly pieces: readonly Buffer[]
  /** a line of the header would be a border, and was quoted */
  readonly isQuoted: boolean
  /** where the empty line after it begins */
  readonly end: number
}

function quotedHeader(message: Buffer): QuotedHeader {
  const pieces: Buffer[] = []
  let isQuoted = false
  const { lines, end } = headerLines(message)
  for (const [nth, { octets, text }] of lines.entries()) {
    const isBorder = isQuotedInHeader(text)
    isQuoted ||= isBorder
    const marked = withOwnMark(text, nth === 0)
    if (isBorder) pieces.push(MARK)
    else if (marked !== text) pieces.push(Buffer.from(marked.slice(0, marked.length - text.length)))
    pieces.push(octets)
  }
  return { pieces, isQuoted, end }
}

const FROM = Buffer.from('From ')

/** mboxrd: a `>` more before every line of the body that could be taken for a beginning. */
function* quotedPieces(body: Buffer): Generator<Buffer> {
  let start = 0
  for (let at = body.indexOf(FROM); at >= 0; at = body.indexOf(FROM, at + 1)) {
    let line = at
    while (body[line - 1] === 0x3e) line--
    if (body[line - 1] !== LF) continue
    yield body.subarray(start, line)
    yield MARK
    start = line
  }
  yield body.subarray(start)
}

/**
 * A message as it stands in a file, so that an import gets the same octets: see docs/import.md. X-Haraka-Export says what is out of
 * the ordinary: `octets`, not all line ends are CRLF; `open`, the last line has none; `from`, a line of the header was quoted.
 * @param base numbers and keywords of the mailbox, in its first message
 */
export function mboxRecord({ row, octets }: Exported, base: string | undefined): Buffer {
  const even = isEven(octets)
  const text = even ? withLf(octets) : octets
  const isOpen = text.at(-1) !== LF
  const header = quotedHeader(text)
  const [, sender = ''] = /^return-path:[ \t]*<([^>\s]+)>/im.exec(octets.toString('latin1', 0, 4096)) ?? []
  const marks = [even ? '' : 'octets', isOpen ? 'open' : '', header.isQuoted ? 'from' : ''].filter(
    (mark) => mark !== '',
  )
  const { flags } = row
  const letters = [
    flags.has('\\Answered') ? 'A' : '',
    flags.has('\\Flagged') ? 'F' : '',
    flags.has('\\Draft') ? 'T' : '',
    flags.has('\\Deleted') ? 'D' : '',
  ].join('')
  const head = [
    fromLine(sender, row.internalDate),
    ...(base === undefined ? [] : [`X-IMAPbase: ${base}`]),
    ...(marks.length > 0 ? [`X-Haraka-Export: ${marks.join(' ')}`] : []),
    `X-UID: ${row.uid}`,
    `X-UIDL: ${row.uidl}`,
    `Status: ${flags.has('\\Seen') ? 'R' : ''}O`,
    ...(letters === '' ? [] : [`X-Status: ${letters}`]),
    ...flags.names.filter((flag) => !flag.startsWith('\\')).map((flag) => `X-Keywords: ${flag}`),
    '',
  ]
  return Buffer.concat([
    Buffer.from(head.join('\n'), 'latin1'),
    ...header.pieces,
    ...quotedPieces(text.subarray(header.end)),
    ...(isOpen ? [LINE_END] : []),
    LINE_END,
  ])
}
