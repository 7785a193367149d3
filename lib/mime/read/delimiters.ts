/** Finds the delimiter lines of all open multiparts in one walk over the message, front to back. */
export interface Delimiter {
  /** where its line starts; the message's end when there is none */
  readonly at: number
  /** the octet after its line */
  readonly next: number
  /** which open multipart it belongs to, from 0; -1: none, the message ends */
  readonly level: number
  readonly closing: boolean
}

export interface Delimiters {
  /** @returns the multipart's level */
  open(boundary: string): number
  /** Closes the multipart that was opened last. */
  close(): void
  /** The first delimiter line at or after `from`, which is the start of a line. */
  next(from: number): Delimiter
  /** The delimiter whose line starts exactly here. */
  at(lineStart: number, lineEnd: number): Delimiter | undefined
}

const LF = 10
const DASH = 45
/** RFC 2046 5.1.1 allows 70; some software makes longer ones, up to a line (RFC 5322 2.1.1). */
const MAX_BOUNDARY = 998
/** Lines that may be delimiters and have to be read. A message with more of them is an attack; its rest is text. */
const MAX_LOOKS = 1_000_000
const BLANKS_AT_END = /[ \t]+$/
const NEEDLE = Buffer.from('\n--')

export const isBoundary = (text: string | undefined): text is string =>
  text !== undefined && text.length > 0 && text.length <= MAX_BOUNDARY

function trimmedEnd(bytes: Buffer, start: number, end: number): number {
  let stop = end
  // RFC 2046 5.1.1: blanks after a delimiter are padding of transports.
  while (stop > start && (bytes[stop - 1] === 32 || bytes[stop - 1] === 9 || bytes[stop - 1] === 13)) stop--
  return stop
}

export function createDelimiters(bytes: Buffer): Delimiters {
  const end: Delimiter = { at: bytes.length, next: bytes.length, level: -1, closing: false }
  const boundaries: string[] = []
  let looks = 0
  /** how many open boundaries start with this octet: most lines that start with `--` are told apart by it alone */
  const firstOctets = new Uint16Array(256)

  function levelOf(text: string): number {
    return boundaries.lastIndexOf(text)
  }

  function at(lineStart: number, lineEnd: number): Delimiter | undefined {
    if (bytes[lineStart] !== DASH || bytes[lineStart + 1] !== DASH) return undefined
    const start = lineStart + 2
    if (start >= lineEnd || firstOctets[bytes[start] ?? 0] === 0) return undefined
    // A line with more padding than that is text.
    if (lineEnd - start > 2 * MAX_BOUNDARY || ++looks > MAX_LOOKS) return undefined
    const text = bytes.toString('latin1', start, trimmedEnd(bytes, start, lineEnd))
    const next = Math.min(lineEnd + 1, bytes.length)
    const level = levelOf(text)
    if (level >= 0) return { at: lineStart, next, level, closing: false }
    const closed = text.endsWith('--') ? levelOf(text.slice(0, -2)) : -1
    return closed >= 0 ? { at: lineStart, next, level: closed, closing: true } : undefined
  }

  return {
    at,
    open(given) {
      // RFC 2046 5.1.1: it ends with no blank, and blanks after it on a line are none of it.
      const boundary = given.replace(BLANKS_AT_END, '') || given
      const first = boundary.charCodeAt(0) & 0xff
      firstOctets[first] = (firstOctets[first] ?? 0) + 1
      return boundaries.push(boundary) - 1
    },
    close() {
      const first = (boundaries.pop() ?? '\0').charCodeAt(0) & 0xff
      firstOctets[first] = (firstOctets[first] ?? 1) - 1
    },
    next(from) {
      if (boundaries.length === 0) return end
      for (let lf = bytes.indexOf(NEEDLE, Math.max(0, from - 1)); lf >= 0; lf = bytes.indexOf(NEEDLE, lf + 1)) {
        const stop = bytes.indexOf(LF, lf + 1)
        const found = at(lf + 1, stop < 0 ? bytes.length : stop)
        if (found) return found
        if (looks > MAX_LOOKS) break
      }
      return end
    },
  }
}
