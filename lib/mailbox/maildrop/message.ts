import type { Part } from '../../mime/prepared'
import { asciiHeader, has8bit } from '../../mime/write/downgrade'
import { canonicalLines } from '../../mime/write/line-ends'
import type { MessageRow } from '../../store/store'
import { turn } from '../../work/turns'
import { type MaildropMessage, MessageGone, MessageNeedsUtf8, type MessageText } from '../mailbox'
import { headAndLines, octetsOf, PIECE, type ReadOctets } from './octets'

const LF = 10

interface Range {
  readonly start: number
  readonly end: number
}

/** Headers of the message, of its parts and of the messages in it, in order: where RFC 6532 allows UTF-8. */
function* headersOf(part: Part): Generator<Range> {
  if (part.bodyStart > part.headerStart) yield { start: part.headerStart, end: part.bodyStart }
  for (const child of part.children) yield* headersOf(child)
  if (part.message !== undefined) yield* headersOf(part.message)
}

async function whole(read: ReadOctets, { start, end }: Range): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of octetsOf(read, start, end)) pieces.push(piece)
  return Buffer.concat(pieces)
}

interface Surrogate extends Range {
  readonly octets: Buffer
}

async function surrogatesOf(read: ReadOctets, root: Part): Promise<Surrogate[]> {
  const found: Surrogate[] = []
  for (const range of headersOf(root)) {
    const header = await whole(read, range)
    await turn()
    if (has8bit(header)) found.push({ ...range, octets: asciiHeader(header) })
  }
  return found
}

const gone = (): never => {
  throw new MessageGone('the message was removed by another session')
}

/** A message of a maildrop, opened: its headers as this client can take them (RFC 6856 2.1). Throws MessageNeedsUtf8, MessageGone. */
export async function openMessage(row: MessageRow, stored: ReadOctets, text: MessageText): Promise<MaildropMessage> {
  // Most messages are one piece: it is read once, for their headers and for sending.
  const head = (await stored(0, Math.min(row.size, PIECE))) ?? gone()
  const read: ReadOctets = async (start, end) => (end <= head.length ? head.subarray(start, end) : stored(start, end))
  const { headerSize, structure } = row.prepared
  /** as counted when it was prepared; 0: all line ends are CRLF; undefined: not counted. Repair keeps no count beside the index. */
  const { added } = structure
  const plain = text === 'as-is' || (head.length === row.size && !has8bit(head))
  const surrogates = plain ? [] : await surrogatesOf(read, structure)
  if (surrogates.length > 0 && text === 'refuse') throw new MessageNeedsUtf8('it has a header that is not ASCII')

  async function* octets(start: number): AsyncGenerator<Buffer> {
    let at = start
    for (const surrogate of surrogates) {
      if (surrogate.start < at) continue
      yield* octetsOf(read, at, surrogate.start)
      yield surrogate.octets
      at = surrogate.end
    }
    yield* octetsOf(read, at, row.size)
  }
  async function* header(): AsyncGenerator<Buffer> {
    const first = surrogates.find(({ start }) => start === 0)
    if (first) yield first.octets
    else yield* octetsOf(read, 0, headerSize)
  }
  const canonical = (pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> =>
    added === 0 && surrogates.length === 0 ? pieces : canonicalLines(pieces)
  const lines = (): AsyncGenerator<Buffer> => canonical(octets(0))
  /** What was counted when it was stored is known; of converted headers it is counted now. */
  async function sizeOnWire(): Promise<number> {
    if (surrogates.length === 0 && added !== undefined) return row.size + added
    let size = 0
    let last: number | undefined
    for await (const piece of lines()) {
      size += piece.length
      last = piece.at(-1)
    }
    return last === undefined || last === LF ? size : size + 2
  }
  return {
    size: await sizeOnWire(),
    octets: lines,
    top: (count) => headAndLines(canonical(header()), canonical(octets(headerSize)), count),
  }
}
