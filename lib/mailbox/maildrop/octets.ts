import { MessageGone } from '../mailbox'

/** `undefined`: the message is gone. */
export type ReadOctets = (start: number, end: number) => Promise<Buffer | undefined>

/** What is in memory of one message at a time. */
export const PIECE = 64 * 1024
const LF = 0x0a

/** Octets `start` to `end` (exclusive) in pieces. */
export async function* octetsOf(read: ReadOctets, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const piece = await read(at, Math.min(at + PIECE, end))
    if (piece === undefined || piece.length === 0) throw new MessageGone('the message was removed by another session')
    yield piece
    at += piece.length
  }
}

/** RFC 1939 7, TOP: the header, the empty line after it, and the first lines of the body; the whole message if it has fewer. */
export async function* headAndLines(
  header: AsyncIterable<Buffer>,
  body: AsyncIterable<Buffer>,
  lines: number,
): AsyncGenerator<Buffer> {
  yield* header
  let left = lines
  if (left === 0) return
  for await (const piece of body) {
    let end = 0
    while (left > 0 && end < piece.length) {
      const lineFeed = piece.indexOf(LF, end)
      end = lineFeed < 0 ? piece.length : lineFeed + 1
      if (lineFeed >= 0) left--
    }
    yield piece.subarray(0, end)
    if (left === 0) return
  }
}
