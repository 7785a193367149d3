import type { Connection } from '../../transport/connection'
import { isHttpRequest } from '../../transport/http'
import type { Frame } from './cursor'

/** What stands on the wire: a whole command, or why there is none. */
export type Read =
  | { readonly kind: 'command'; readonly frame: Frame }
  /** the octets were taken off the wire; the connection can go on */
  | { readonly kind: 'too-long'; readonly tag: string; readonly what: 'line' | 'literal' }
  /** the literal is too big to be taken off the wire */
  | { readonly kind: 'hopeless' }
  /** a web browser's request: nothing behind it is read */
  | { readonly kind: 'http' }
  | { readonly kind: 'end' }

export interface FrameLimits {
  readonly line: number
  /** octets of the first line, of a command that begins so */
  first(line: string): number
  /** octets of one literal of this command */
  literal(firstLine: string): number
  /** Waits until there is room for a literal. False: the client is gone. */
  room(octets: number): Promise<boolean>
}

/** literal and literal8 at the end of a line (RFC 9051 9, RFC 7888) */
const LITERAL = /\{(\d{1,10})(\+?)\}$/
/** A client that sends more than this without waiting is not worth the traffic. */
const DISCARD_LIMIT = 256 * 1024 * 1024

/** literals of a command, and the texts between them */
const MOST_PIECES = 4000

const tagOf = (line: string): string => /^[^\x00-\x20\x7f-\xff(){%*"\\+]+(?= |$)/.exec(line)?.[0] ?? '*'

async function line(connection: Connection, limit: number): Promise<Buffer | 'too-long' | undefined> {
  const { reader } = connection
  for (;;) {
    const found = reader.line(limit)
    if (found !== undefined) return found
    if (!(await reader.more())) return reader.line(limit)
  }
}

async function octets(connection: Connection, count: number): Promise<Buffer | undefined> {
  const { reader } = connection
  const found = reader.octets(count)
  if (found) return found
  // A big literal is collected piece by piece, so that the reader's own buffer stays small.
  const whole = Buffer.allocUnsafe(count)
  let have = 0
  while (have < count) {
    const piece = reader.some(count - have)
    if (piece) have += piece.copy(whole, have)
    else if (!(await reader.more())) return undefined
  }
  return whole
}

async function discard(connection: Connection, count: number): Promise<boolean> {
  const { reader } = connection
  let left = count
  while (left > 0) {
    const piece = reader.some(left)
    if (piece) left -= piece.length
    else if (!(await reader.more())) return false
  }
  return true
}

/** Reads one command: its lines and literals, before anything is parsed, so that a bad command never loses the frame. */
export async function readFrame(connection: Connection, limits: FrameLimits): Promise<Read> {
  const frame: (string | Buffer)[] = []
  let total = 0
  let oversize: 'line' | 'literal' | undefined
  let tag: string | undefined
  for (;;) {
    const got = await line(connection, limits.line)
    if (got === undefined) return { kind: 'end' }
    const begins = tag === undefined
    if (got === 'too-long' && begins && isHttpRequest(connection.reader.skipped)) return { kind: 'http' }
    if (got === 'too-long') return { kind: 'too-long', tag: tag ?? tagOf(connection.reader.skipped), what: 'line' }
    const text = got.toString('latin1')
    if (begins && isHttpRequest(text)) return { kind: 'http' }
    tag ??= tagOf(text)
    if (begins && got.length > limits.first(text)) return { kind: 'too-long', tag, what: 'line' }
    const match = LITERAL.exec(text)
    if (!match) {
      if (oversize) return { kind: 'too-long', tag, what: oversize }
      frame.push(text)
      return { kind: 'command', frame }
    }
    const size = Number(match[1])
    const waits = match[2] !== '+'
    const first = frame[0]
    const limit = limits.literal(typeof first === 'string' ? first : text)
    total += size + text.length
    const many = frame.length > MOST_PIECES
    if (many || size > limit || total > limit + limits.line || oversize) {
      // A client that waits for our word has not sent the literal, and will not.
      if (waits) return { kind: 'too-long', tag, what: 'literal' }
      if (size > DISCARD_LIMIT) return { kind: 'hopeless' }
      if (!(await discard(connection, size))) return { kind: 'end' }
      oversize = 'literal'
      continue
    }
    if (!(await limits.room(size))) return { kind: 'end' }
    if (waits) {
      connection.writer.write('+ OK\r\n')
      connection.writer.flush()
    }
    const literal = await octets(connection, size)
    if (!literal) return { kind: 'end' }
    frame.push(text.slice(0, match.index), literal)
  }
}
