import {
  type HeaderLine,
  headerLines,
  isQuotedInBody,
  isQuotedInHeader,
  keptField,
  parseFromLine,
  withoutOwnMark,
} from '../../mime/write/mbox-lines'
import { crlf } from '../source'

const LF = 0x0a
const QUOTED = Buffer.from('\n>')

export interface MboxMessage {
  readonly octets: Buffer
  readonly envelopeDate: number | undefined
  /** header fields of the file, not of the message */
  readonly kept: ReadonlyMap<string, string>
}

/** mboxrd: one `>` less before `From `. */
function* unquotedPieces(body: Buffer): Generator<Buffer> {
  let start = 0
  for (let at = body.indexOf(QUOTED); at >= 0; at = body.indexOf(QUOTED, at + 1)) {
    const from = at + 1
    let end = from
    while (body[end] === 0x3e) end++
    if (!isQuotedInBody(body.toString('latin1', end - 1, end + 5))) continue
    yield body.subarray(start, from)
    start = from + 1
  }
  yield body.subarray(start)
}

/**
 * A message as it was before it was put into an mbox.
 * @param raw with its From_ line, without the empty line behind it
 * @param unquoted the body stands as it is
 */
export function parseMboxMessage(raw: Buffer, unquoted = false): MboxMessage {
  const feed = raw.indexOf(LF)
  const envelope = parseFromLine(raw.toString('latin1', 0, Math.min(feed < 0 ? raw.length : feed, 1100)))
  const message = feed < 0 ? raw.subarray(raw.length) : raw.subarray(feed + 1)
  const { lines, end } = headerLines(message)
  const values = new Map<string, string[]>()
  const own: HeaderLine[] = []
  let last: string | undefined
  for (const line of lines) {
    const folded = last !== undefined && /^[ \t]/.test(line.text)
    const field = folded ? { name: last ?? '', value: line.text.trim() } : keptField(line.text)
    last = field?.name
    if (!field) own.push(line)
    else if (values.get(field.name)?.push(field.value) === undefined) values.set(field.name, [field.value])
  }
  const kept = new Map([...values].map(([name, own]) => [name, own.join(' ').trim()]))
  // As the export here wrote it: see docs/import.md.
  const marks = (kept.get('x-haraka-export') ?? '').split(' ')
  const header = own.map(({ octets, text }) => {
    if (marks.includes('from') && text.startsWith('>') && isQuotedInHeader(text)) return octets.subarray(1)
    return octets.subarray(text.length - withoutOwnMark(text).length)
  })
  const body = message.subarray(end)
  const octets = Buffer.concat([...header, ...(unquoted ? [body] : unquotedPieces(body))])
  const whole = marks.includes('open') && octets.at(-1) === LF ? octets.subarray(0, -1) : octets
  return { octets: marks.includes('octets') ? whole : crlf(whole), envelopeDate: envelope?.at, kept }
}

const LETTERS: Readonly<Record<string, string>> = {
  R: '\\Seen',
  A: '\\Answered',
  F: '\\Flagged',
  T: '\\Draft',
  D: '\\Deleted',
}
/** X-Mozilla-Status: four hexadecimal digits. */
const MOZILLA: readonly (readonly [number, string])[] = [
  [0x0001, '\\Seen'],
  [0x0002, '\\Answered'],
  [0x0004, '\\Flagged'],
  [0x1000, '$Forwarded'],
]
const MOZILLA_EXPUNGED = 0x0008

const mozillaStatus = (kept: ReadonlyMap<string, string>): number =>
  Number.parseInt(/^[0-9a-f]{1,8}$/i.exec(kept.get('x-mozilla-status') ?? '')?.[0] ?? '0', 16)

export function flagsOf(kept: ReadonlyMap<string, string>): readonly string[] {
  const status = [...`${kept.get('status') ?? ''}${kept.get('x-status') ?? ''}`]
  const mozilla = mozillaStatus(kept)
  const words = `${kept.get('x-keywords') ?? ''} ${kept.get('x-mozilla-keys') ?? ''}`.split(/\s+/)
  return [
    ...status.flatMap((letter) => LETTERS[letter] ?? []),
    ...MOZILLA.flatMap(([bit, flag]) => (mozilla & bit ? flag : [])),
    ...words.filter((word) => word !== ''),
  ]
}

/** Thunderbird leaves a deleted message in the file until it is compacted. */
export const isExpunged = (kept: ReadonlyMap<string, string>): boolean => (mozillaStatus(kept) & MOZILLA_EXPUNGED) !== 0

/** UW IMAP and Alpine keep their numbers in a first message that no client is shown. */
export const isInternal = ({ octets, kept }: MboxMessage): boolean =>
  kept.has('x-imap') && /^subject:[^\n]*folder internal data/im.test(octets.toString('latin1', 0, 4096))
