import type { Connection } from '../transport/connection'
import { isHttpRequest } from '../transport/http'

/** RFC 5804 4: an atom (verbs and numbers), or a string with its octets. */
export type Token =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'string'; readonly octets: Buffer }
  /** a literal over the limit; it was read and thrown away */
  | { readonly kind: 'too-big' }

export type Frame =
  | { readonly kind: 'tokens'; readonly tokens: readonly Token[] }
  | { readonly kind: 'bad'; readonly why: string }
  /** where the next command begins is not known, or is too far away */
  | { readonly kind: 'hopeless'; readonly why: string }
  | { readonly kind: 'end' }

/** A quoted string has 1024 octets at most; answers of SASL mechanisms are longer. */
const LINE_LIMIT = 12_288
const MAX_TOKENS = 8
/** Octets that are read to be thrown away. */
const MAX_SKIPPED = 16 * 1024 * 1024
const LITERAL = /\{(\d{1,10})\+\}$/
/** `quoted` or `atom` */
const TOKEN = /"((?:[^"\\\r\n\0]|\\["\\])*)"|([!#-'*-[\]-z|-~]{1,1024})/y

/** The tokens of a line, separated by one blank each; undefined: it breaks the grammar. */
function tokensOf(text: string | undefined, first: boolean): Token[] | undefined {
  if (text === undefined) return undefined
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    if (at > 0 || !first) {
      if (text[at] !== ' ') return undefined
      at++
    }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match) return undefined
    const [whole, quoted, atom = ''] = match
    tokens.push(
      quoted === undefined
        ? { kind: 'atom', text: atom }
        : { kind: 'string', octets: Buffer.from(quoted.replace(/\\(.)/g, '$1'), 'latin1') },
    )
    at += whole.length
  }
  return tokens
}

/** What stands before a literal's braces, without the blank between; a command may begin with a literal. */
function beforeLiteral(line: string, marker: string | undefined, first: boolean): string | undefined {
  if (marker === undefined) return line
  const text = line.slice(0, -marker.length)
  if (text === '' && first) return text
  return text.endsWith(' ') ? text.slice(0, -1) : undefined
}

/**
 * Reads a command, or a client's answer within AUTHENTICATE, to its end: a bad one never takes the next one with it.
 * @param literals octets of all its literals that are kept; more are read and thrown away
 */
export async function readFrame({ reader }: Connection, literals: number): Promise<Frame> {
  const tokens: Token[] = []
  let left = literals
  let skipped = 0
  let bad: string | undefined
  for (let first = true; ; first = false) {
    const octets = await reader.nextLine(LINE_LIMIT)
    if (octets === undefined) return { kind: 'end' }
    const line = octets === 'too-long' ? octets : octets.toString('latin1')
    if (first && isHttpRequest(line === 'too-long' ? reader.skipped : line))
      return { kind: 'hopeless', why: 'This is no web server' }
    if (line === 'too-long') return { kind: 'bad', why: 'line too long' }
    const [marker, digits] = LITERAL.exec(line) ?? []
    const more = tokensOf(beforeLiteral(line, marker, first), first)
    if (!more) bad = 'that breaks the grammar'
    tokens.push(...(more ?? []))
    if (tokens.length > MAX_TOKENS) bad = 'too many arguments'
    if (marker === undefined) break
    const count = Number(digits)
    if (count > left || bad !== undefined) {
      skipped += count
      if (skipped > MAX_SKIPPED) return { kind: 'hopeless', why: 'too big' }
      if (!(await reader.skip(count))) return { kind: 'end' }
      tokens.push({ kind: 'too-big' })
      if (tokens.length > MAX_TOKENS) return { kind: 'hopeless', why: 'too many arguments' }
      continue
    }
    left -= count
    const literal = await reader.nextOctets(count)
    if (literal === undefined) return { kind: 'end' }
    tokens.push({ kind: 'string', octets: literal })
  }
  return bad === undefined ? { kind: 'tokens', tokens } : { kind: 'bad', why: bad }
}

/** A string for the client: quoted, or a literal where that cannot be (RFC 5804 4). */
export function stringOf(textUtf8: string): Buffer {
  const octets = Buffer.from(textUtf8)
  return octets.length > 1024 || /[\r\n\0]/.test(textUtf8)
    ? Buffer.concat([Buffer.from(`{${octets.length}}\r\n`), octets])
    : Buffer.from(`"${textUtf8.replace(/["\\]/g, '\\$&')}"`)
}
