import type { Writer } from '../transport/connection'

const DOT = 46
const CR = 13
const LF = 10

/** Lines of a listing in ASCII, with `.` at the end. False: the client is gone. */
export async function sendLines(writer: Writer, lines: Iterable<string>): Promise<boolean> {
  for (const line of lines) {
    writer.write(`${line}\r\n`)
    if (writer.full && !(await writer.drained())) return false
  }
  writer.write('.\r\n')
  return true
}

/**
 * Octets of a message as a multi-line response (RFC 1939 3): a dot at the start of a line is doubled, also where the line
 * starts in another chunk; a message that does not end with CRLF gets one, because the final dot needs a line of its own.
 */
export async function sendOctets(writer: Writer, chunks: AsyncIterable<Buffer>): Promise<boolean> {
  /** 0: inside a line, 1: CR was last, 2: at the start of a line */
  let position = 2
  for await (const chunk of chunks) {
    let start = 0
    if (position === 2 && chunk[0] === DOT) writer.write('.')
    if (position === 1 && chunk[0] === LF && chunk[1] === DOT) {
      writer.write(chunk.subarray(0, 1))
      writer.write('.')
      start = 1
    }
    for (let at = chunk.indexOf('\r\n.', start, 'latin1'); at >= 0; at = chunk.indexOf('\r\n.', at + 3, 'latin1')) {
      writer.write(chunk.subarray(start, at + 3))
      writer.write('.')
      start = at + 3
    }
    if (start < chunk.length) writer.write(chunk.subarray(start))
    position = positionAfter(chunk, position)
    if (writer.full && !(await writer.drained())) return false
  }
  writer.write(position === 2 ? '.\r\n' : '\r\n.\r\n')
  return true
}

function positionAfter(chunk: Buffer, before: number): number {
  const last = chunk.at(-1)
  if (last === undefined) return before
  if (last === CR) return 1
  if (last !== LF) return 0
  const previous = chunk.length > 1 ? chunk.at(-2) === CR : before === 1
  return previous ? 2 : 0
}
