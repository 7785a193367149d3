const LF = 10
const CR = 13
const CRLF = Buffer.from('\r\n')

/** The next CR or LF of `octets` that stands alone, from `start`, which is behind a whole line end or within a line; -1: there is none. */
function bareEnd(octets: Buffer, start: number): number {
  for (let at = start; ; ) {
    const lf = octets.indexOf(LF, at)
    const line = lf < 0 ? octets.length : lf
    const cr = octets.subarray(at, line).indexOf(CR)
    if (cr >= 0 && (at + cr + 1 !== line || lf < 0)) return at + cr
    if (lf < 0) return -1
    if (cr < 0) return lf
    at = lf + 1
  }
}

/**
 * Octets that a message has more on the wire of protocols of lines (RFC 1939 3 and 5), where each line end is CRLF and the last line
 * has one too: what stands as a bare LF or CR in the store.
 */
export function addedByLineEnds(octets: Buffer): number {
  if (octets.length === 0) return 0
  let added = 0
  for (let at = bareEnd(octets, 0); at >= 0; at = bareEnd(octets, at + 1)) added++
  const last = octets[octets.length - 1]
  return last === LF || last === CR ? added : added + 2
}

/** The same octets with CRLF in place of each bare LF and CR. */
function withCrlf(octets: Buffer): Buffer {
  const pieces: Buffer[] = []
  let start = 0
  for (let at = bareEnd(octets, 0); at >= 0; at = bareEnd(octets, start)) {
    pieces.push(octets.subarray(start, at), CRLF)
    start = at + 1
  }
  if (start === 0) return octets
  pieces.push(octets.subarray(start))
  return Buffer.concat(pieces)
}

/** A message as protocols of lines send it: each line, also the last, ends with CRLF (RFC 5321 2.3.8, 4.1.1.4). */
export function asLines(octets: Buffer): Buffer {
  const whole = withCrlf(octets)
  return whole.length === 0 || whole[whole.length - 1] === LF ? whole : Buffer.concat([whole, CRLF])
}

/** Pieces of a message with CRLF at the end of each line, wherever the pieces are cut. */
export async function* canonicalLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  /** a CR at the end of a piece waits for what comes behind it */
  let waits = false
  for await (const piece of pieces) {
    if (piece.length === 0) continue
    const octets: Buffer = waits ? Buffer.concat([CRLF.subarray(0, 1), piece]) : piece
    waits = octets[octets.length - 1] === CR
    const whole = withCrlf(waits ? octets.subarray(0, -1) : octets)
    if (whole.length > 0) yield whole
  }
  if (waits) yield CRLF
}
