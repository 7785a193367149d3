import { parseFromLine } from '../../mime/write/mbox-lines'
import type { MboxFile } from './file'

const LF = 0x0a
const CR = 0x0d
const FROM = Buffer.from('\nFrom ')
const PIECE = 1024 * 1024
/** Enough of a header to know it. */
const HEADER_AHEAD = 1024
/** That and the From_ line. */
const AHEAD = 4096
const BEHIND = 4

/** A line that begins with `From `, and what speaks for a border. */
export interface Candidate {
  readonly offset: number
  /** octets of the line with its end */
  readonly length: number
  /** octets of the empty line before it; 0: there is none */
  readonly blank: number
  /** it has an address and a date (RFC 4155 A) */
  readonly parses: boolean
  readonly sender: string
  /** what comes then: header fields beyond doubt, one line that may be a field, an empty line or the end of the file, text */
  readonly next: 'header' | 'field' | 'nothing' | 'text'
}

const FIELD = /^(?:[!-9;-~]{1,100})[ \t]*:/
const KNOWN =
  /^(?:from|to|cc|date|subject|received|return-path|message-id|mime-version|content-[a-z-]+|x-[!-9;-~]+|status|delivered-to|reply-to|sender|references|in-reply-to|dkim-signature|authentication-results|envelope-to|lines|path|newsgroups)[ \t]*:/i

function lookAhead(octets: Buffer, from: number): Candidate['next'] {
  const ahead = octets.toString('latin1', from, Math.min(octets.length, from + HEADER_AHEAD))
  const lines = ahead === '' ? [] : ahead.split(/\r?\n/, 6)
  const isCut = lines.length < 6 && ahead.length >= HEADER_AHEAD
  // UUCP wrote a line for each host that it came over.
  const rest = lines.slice(lines.findIndex((line) => !line.startsWith('>From ')))
  const [first = '', second = ''] = rest
  if (first === '') return lines.length === 0 || !isCut ? 'nothing' : 'field'
  if (!FIELD.test(first)) return 'text'
  return KNOWN.test(first) || FIELD.test(second) || /^[ \t]+\S/.test(second) ? 'header' : 'field'
}

/** @param at where the line begins in `octets`, whose first octet is not the file's first unless `isStart` */
export function candidateAt(octets: Buffer, at: number, offset: number, isStart: boolean): Candidate {
  const end = octets.indexOf(LF, at)
  const stop = end < 0 ? octets.length : end
  const line = octets.toString('latin1', at, Math.min(stop, at + 1100)).replace(/\r$/, '')
  const parsed = end < 0 || stop - at > 1000 ? undefined : parseFromLine(line)
  const lineEnd = octets[at - 2] === CR ? 2 : 1
  const blank = octets[at - lineEnd - 1] === LF || (isStart && at === lineEnd) ? lineEnd : 0
  return {
    offset,
    length: stop + 1 - at,
    blank,
    parses: parsed !== undefined,
    sender: parsed?.sender ?? '',
    // Nobody asks what comes after a line of text.
    next: parsed || blank > 0 || isStart ? lookAhead(octets, stop + 1) : 'text',
  }
}

/** All lines of a file from `start` on that begin with `From `; memory holds a piece of the file. */
export async function* candidates(file: MboxFile, start: number): AsyncGenerator<Candidate> {
  // Each piece begins before the line end that a line at its start needs, and what is ahead of a line is in the same piece.
  let from = start
  for (;;) {
    const begin = Math.max(start, from - BEHIND)
    const piece = await file.at(begin, PIECE)
    // Fewer octets than were asked for: the end, also of a file that has become shorter.
    const isLast = piece.length < PIECE || begin + piece.length >= file.size
    const limit = isLast ? piece.length : piece.length - AHEAD
    const found: Candidate[] = []
    for (
      let at = piece.indexOf(FROM, Math.max(0, from - begin - 1));
      at >= 0 && at < limit;
      at = piece.indexOf(FROM, at + 1)
    ) {
      found.push(candidateAt(piece, at + 1, begin + at + 1, begin === 0))
    }
    yield* found
    if (isLast) return
    from = begin + limit + 1
  }
}
