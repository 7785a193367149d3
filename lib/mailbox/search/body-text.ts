import type { Part } from '../../mime/prepared'
import { decodeText } from '../../mime/text/charset'
import { bodyText, encodedMessageText, type SearchedText } from '../../mime/text/search-text'
import { decodePart } from '../../mime/text/transfer'
import { fold } from '../../terms/casemap'
import { Unavailable } from '../../terms/errors'
import { defineJob, type Job } from '../../work/job'
import type { Pool } from '../../work/pool'
import { turn } from '../../work/turns'

/** Octets of a text that are decoded on the loop at once: a millisecond or two. */
const PIECE = 64 * 1024
/** HTML costs much more than plain text ... */
const MOST_HTML = 32 * 1024
/** ... and this much of what is read as a whole, in a thread, is read. */
const MOST_WHOLE = 4 * 1024 * 1024
const BUDGET = { time: 5000, octetsIn: MOST_WHOLE + 64 * 1024, octetsOut: 8 * MOST_WHOLE } as const

/** Octets of one message. */
export type Read = (start: number, end: number) => Promise<Buffer | undefined>

/** A text part as SEARCH compares it, in a thread. @public the pool finds it by its name */
export const partBodyText = ({ part, octets }: { part: Part; octets: Uint8Array }): string =>
  bodyText(part, Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength))
const bodyTextJob = defineJob(__filename, partBodyText, BUDGET)

/** A message inside that is encoded, in a thread. @public the pool finds it by its name */
export const messageText = ({ part, octets }: { part: Part; octets: Uint8Array }): SearchedText =>
  encodedMessageText(part, Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength))
const messageTextJob = defineJob(__filename, messageText, BUDGET)

/** In a thread. What is over its budget there is not found: it is nothing that anybody reads. */
async function inThread<Output>(
  job: Job<{ part: Part; octets: Uint8Array }, Output>,
  pool: Pool,
  by: string,
  part: Part,
  read: Read,
): Promise<Output | undefined> {
  const octets = await read(part.bodyStart, Math.min(part.bodyEnd, part.bodyStart + MOST_WHOLE))
  if (!octets) return undefined
  const { message: _inside, ...leaf } = part
  const result = await pool.run(job, { part: { ...leaf, children: [] }, octets }, by)
  if (result.ok) return result.value
  if (result.fault.kind === 'busy') throw new Unavailable('no thread was free for a search')
  return undefined
}

/** @param by whose work it is */
export const encodedTexts = async (pool: Pool, by: string, part: Part, read: Read): Promise<SearchedText> =>
  (await inThread(messageTextJob, pool, by, part, read)) ?? { fields: '', text: '' }

/** Reads of a message from front to back: what follows closely is read with what was asked for. */
export function readAhead(read: Read): Read {
  let from = 0
  let ahead: Buffer = Buffer.alloc(0)
  return async (start, end) => {
    if (start < from || end > from + ahead.length) {
      ahead = (await read(start, Math.max(end, start + PIECE))) ?? Buffer.alloc(0)
      from = start
    }
    return ahead.length === 0 && end > start ? undefined : ahead.subarray(start - from, end - from)
  }
}

const CODINGS = new Set(['', '7bit', '8bit', 'binary', 'base64', 'quoted-printable'])
const charsetOf = (part: Part): string => part.params.find(([name]) => name === 'charset')?.[1] ?? ''
/** Its text can be cut at the end of a line, whatever came before. */
const isPlain = (part: Part): boolean =>
  CODINGS.has(part.encoding) && !/utf-?(?:7|16|32)|ucs|2022|5022|^hz/i.test(charsetOf(part))

const LF = 10
/** Where a piece of encoded text can end: what follows begins anew. */
function encodedEnd(octets: Buffer, encoding: string): number {
  if (encoding === 'quoted-printable') {
    const line = octets.lastIndexOf(LF) + 1
    if (line > 0) return line
    const equals = octets.lastIndexOf(0x3d)
    return equals >= octets.length - 3 && equals > 0 ? equals : octets.length
  }
  if (encoding !== 'base64') return octets.length
  // Groups of four digits since the last padding.
  let digits = 0
  for (const octet of octets.subarray(octets.lastIndexOf(0x3d) + 1)) if (octet > 32) digits++
  let end = octets.length
  for (let over = digits % 4; over > 0 && end > 0; end--) if ((octets[end - 1] ?? 0) > 32) over--
  return end
}
/** Where a piece of text can end: behind a line, or anywhere where there is none. */
function textEnd(octets: Buffer): number {
  const line = octets.lastIndexOf(LF) + 1
  if (line > 0) return line
  // A long line: not within a character of UTF-8.
  let end = octets.length
  while (end > octets.length - 4 && end > 1 && ((octets[end - 1] ?? 0) & 0xc0) === 0x80) end--
  return ((octets[end - 1] ?? 0) & 0xc0) === 0xc0 ? end - 1 : octets.length
}

async function* piecesOf(part: Part, read: Read): AsyncGenerator<string> {
  const charset = charsetOf(part)
  let encoded: Buffer = Buffer.alloc(0)
  let decoded: Buffer = Buffer.alloc(0)
  for (let at = part.bodyStart; at < part.bodyEnd; at += PIECE) {
    const isLast = at + PIECE >= part.bodyEnd
    const octets = await read(at, Math.min(part.bodyEnd, at + PIECE))
    if (!octets) return
    encoded = Buffer.concat([encoded, octets])
    const end = isLast ? encoded.length : encodedEnd(encoded, part.encoding)
    const whole = encoded.subarray(0, end)
    encoded = encoded.subarray(end)
    decoded = Buffer.concat([decoded, decodePart(whole, part.encoding) ?? whole])
    const cut = isLast ? decoded.length : textEnd(decoded)
    yield fold(decodeText(decoded.subarray(0, cut), charset))
    decoded = decoded.subarray(cut)
    await turn()
  }
}

/**
 * A text part as SEARCH compares it, in pieces, none of which takes the loop for long.
 * @param by whose work it is
 */
export async function* partTexts(pool: Pool, by: string, part: Part, read: Read): AsyncGenerator<string> {
  const size = part.bodyEnd - part.bodyStart
  const isHtml = part.subtype === 'html'
  if (size <= (isHtml || !isPlain(part) ? MOST_HTML : PIECE)) {
    const octets = await read(part.bodyStart, part.bodyEnd)
    if (octets) yield bodyText(part, octets)
    await turn()
    return
  }
  if (isHtml || !isPlain(part)) {
    const text = (await inThread(bodyTextJob, pool, by, part, read)) ?? ''
    for (let at = 0; at < text.length; at += PIECE) {
      yield text.slice(at, at + PIECE)
      await turn()
    }
  }
  if (isPlain(part)) yield* piecesOf(part, read)
}
