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

/** Reads one command: its lines and literals, before anything is parsed, so that a bad command never loses the frame. */
export async function readFrame(connection: Connection, limits: FrameLimits): Promise<Read> {
  const { reader } = connection
  const frame: (string | Buffer)[] = []
  let total = 0
  let oversize: 'line' | 'literal' | undefined
  let tag: string | undefined
  for (;;) {
    const got = await reader.nextLine(limits.line)
    if (got === undefined) return { kind: 'end' }
    const begins = tag === undefined
    if (got === 'too-long' && begins && isHttpRequest(reader.skipped)) return { kind: 'http' }
    if (got === 'too-long') return { kind: 'too-long', tag: tag ?? tagOf(reader.skipped), what: 'line' }
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
      if (!(await reader.skip(size))) return { kind: 'end' }
      oversize = 'literal'
      continue
    }
    if (!(await limits.room(size))) return { kind: 'end' }
    if (waits) {
      connection.writer.write('+ OK\r\n')
      connection.writer.flush()
    }
    const literal = await reader.nextOctets(size)
    if (!literal) return { kind: 'end' }
    frame.push(text.slice(0, match.index), literal)
  }
}
