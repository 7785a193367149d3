import type { Remarks } from '../remarks'
import { type Candidate, candidateAt, candidates } from './candidates'
import type { MboxFile } from './file'

/** Where the messages of a file are, From_ line included. */
export interface MboxIndex {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** bodies stand as they are (mboxcl2): a `>` before `From ` is the message's own */
  readonly unquoted: boolean
}

/** A header in which Content-Length is looked for. */
const MOST_HEADER = 64 * 1024
const LENGTH = /\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r?\n/i

/** What is before the first message: a byte order mark and empty lines may be; anything else is no mbox. */
async function firstMessage(file: MboxFile): Promise<Candidate | undefined> {
  const octets = await file.at(0, 8192)
  let at = octets.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0
  while (octets[at] === 0x0a || octets[at] === 0x0d) at++
  if (octets.toString('latin1', at, at + 5) !== 'From ') return undefined
  const first = candidateAt(octets, at, at, true)
  return first.parses || first.next === 'header' ? first : undefined
}

/**
 * RFC 4155 A: a From_ line begins a message, with an address and a date, after an empty line. Files without that empty line
 * (Netscape) and those with Content-Length (mboxcl, mboxcl2) say so themselves; what is left open is told with its place.
 */
export async function borders(file: MboxFile, name: string, remarks: Remarks): Promise<MboxIndex | undefined> {
  const first = await firstMessage(file)
  if (!first) return undefined
  const tell = (at: number, text: string): void => remarks.add(`${name}, octet ${at}: ${text}`)
  const starts: number[] = [first.offset]
  const ends: number[] = []
  const evidence = { withBlank: 0, without: [] as number[], covered: [] as number[], lengths: 0, unquoted: false }
  let isNetscape = first.sender === '-'
  if (!first.parses)
    tell(first.offset, 'the From_ lines of this file have no date that can be read; taken all the same')

  let last = first
  let length = await bodyEnd(file, first)
  if (length !== undefined) evidence.lengths++
  for await (const line of candidates(file, first.offset)) {
    if (length !== undefined && line.offset < length) {
      evidence.unquoted = true
      if (line.parses && line.blank > 0 && line.next === 'header') keep(evidence.covered, line.offset)
      continue
    }
    if (!isBorder(line)) continue
    ends.push(length ?? line.offset - line.blank)
    starts.push(line.offset)
    if (line.blank > 0) evidence.withBlank++
    else if (length === undefined) keep(evidence.without, line.offset)
    isNetscape ||= line.sender === '-'
    last = line
    length = await bodyEnd(file, line)
    if (length !== undefined) evidence.lengths++
  }
  ends.push(length ?? file.size - (await blankAtEnd(file, last)))

  // A file that has none now and then was written so; one among many is odd.
  if (!isNetscape && evidence.without.length * 4 < evidence.withBlank) {
    for (const at of evidence.without)
      tell(at, 'a message begins without an empty line before it; it may be text of the one before')
  }
  if (evidence.lengths < starts.length) {
    for (const at of evidence.covered)
      tell(at, 'looks like the beginning of a message, but Content-Length says that it is text of the one before')
  }
  return { starts, ends, unquoted: evidence.unquoted && evidence.lengths * 2 > starts.length }

  function isBorder(line: Candidate): boolean {
    if (length !== undefined && line.parses) return true
    if (line.offset === last.offset + last.length && line.blank === 0) {
      if (line.parses) tell(line.offset, 'a second From_ line; it is left in the header of the message')
      return false
    }
    if (!line.parses) {
      if (line.blank === 0 || line.next !== 'header') return false
      if (!first?.parses) return true
      tell(line.offset, 'a line that begins with `From ` and has no date, before header fields; it is left as text')
      return false
    }
    if (line.blank === 0) return line.next === 'header'
    if (line.next === 'text') tell(line.offset, 'a From_ line with no header field behind it; it is left as text')
    else if (line.next === 'nothing')
      tell(line.offset, 'a From_ line with no header field behind it; it is taken for a message')
    return line.next !== 'text'
  }
}

const MOST_PLACES = 1000
function keep(places: number[], at: number): void {
  if (places.length < MOST_PLACES) places.push(at)
}

/** Content-Length is believed when the file ends there, or the next message begins. @returns where the body ends */
async function bodyEnd(file: MboxFile, from: Candidate): Promise<number | undefined> {
  const begin = from.offset + from.length - 1
  const octets = await file.at(begin, MOST_HEADER)
  const body = bodyIn(octets)
  const [, length] = LENGTH.exec(octets.toString('latin1', 0, body)) ?? []
  if (length === undefined) return undefined
  const stop = begin + body + Number(length)
  if (stop > file.size) return undefined
  const around = await file.at(stop, 8192)
  const blank = /^(?:\r?\n){0,2}/.exec(around.toString('latin1', 0, 4))?.[0].length ?? 0
  if (stop + blank >= file.size) return stop
  if (around.toString('latin1', blank, blank + 5) !== 'From ') return undefined
  return candidateAt(around, blank, stop + blank, false).parses ? stop : undefined
}

/** Where the body begins in octets that begin with a line end; 0: the header has no end there. */
function bodyIn(octets: Buffer): number {
  const [plain, crlf] = [octets.indexOf('\n\n'), octets.indexOf('\n\r\n')]
  if (plain >= 0 && (crlf < 0 || plain < crlf)) return plain + 2
  return crlf < 0 ? 0 : crlf + 3
}

/** The empty line behind the last message belongs to the file, as before each border. */
async function blankAtEnd(file: MboxFile, last: Candidate): Promise<number> {
  const from = Math.max(last.offset + last.length - 1, file.size - 4)
  const [blank = ''] = /(?<=\n)\r?\n$/.exec((await file.at(from, 4)).toString('latin1')) ?? []
  return blank.length
}
