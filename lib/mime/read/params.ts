import { decodeText } from '../text/charset'
import { decodeWords } from '../text/words'
import { commentEnd, outsideComments } from './comments'

/** `value; name=value; name="value"` of Content-Type and Content-Disposition (RFC 2045 5.1), latin1. */
export interface Parameters {
  /** what stands before the first `;`, trimmed */
  readonly value: string
  /** as they stand: names in lower case with RFC 2231 marks, values without quotes */
  readonly raw: readonly (readonly [string, string])[]
}

/** A name in more pieces than that is an attack; what is behind them is left out. */
const LIMIT = 2_000

function skipBlanks(text: string, from: number): number {
  let at = from
  for (;;) {
    while (at < text.length && /\s/.test(text.charAt(at))) at++
    if (text[at] !== '(') return at
    at = commentEnd(text, at)
  }
}

function quotedString(text: string, from: number): { value: string; end: number } {
  let value = ''
  let at = from + 1
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    value += text[at]
  }
  return { value, end: at + 1 }
}

/** `us-ascii (comment)`: what stands in RFC 2045 5.1; `report (1).pdf` without quotes is wrong and kept. */
function withoutComment(value: string): string {
  const open = value.endsWith(')') ? value.lastIndexOf('(') : -1
  return open > 0 && /\s/.test(value.charAt(open - 1)) ? value.slice(0, open).trimEnd() : value
}

/** The first semicolon that is not in a comment. */
function firstSemicolon(text: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === ';') return at
    if (text[at] !== '(') continue
    const end = commentEnd(text, at)
    if (text[end - 1] === ')') at = end - 1
  }
  return -1
}

export function parseParameters(text: string): Parameters {
  const semicolon = firstSemicolon(text)
  const head = semicolon < 0 ? text : text.slice(0, semicolon)
  const raw: (readonly [string, string])[] = []
  let at = semicolon < 0 ? text.length : semicolon + 1
  while (at < text.length && raw.length < LIMIT) {
    at = skipBlanks(text, at)
    const name = /^[^\s=;()<>@,:"\\/[\]?]+/.exec(text.slice(at, at + 256))?.[0]
    if (name === undefined) {
      const next = text.indexOf(';', at)
      if (next < 0) break
      at = next + 1
      continue
    }
    at = skipBlanks(text, at + name.length)
    if (text[at] === '=') {
      at = skipBlanks(text, at + 1)
      if (text[at] === '"') {
        const { value, end } = quotedString(text, at)
        raw.push([name.toLowerCase(), value])
        at = end
      } else {
        const stop = text.indexOf(';', at)
        const value = text.slice(at, stop < 0 ? text.length : stop)
        raw.push([name.toLowerCase(), withoutComment(value.trim())])
        at = stop < 0 ? text.length : stop
      }
    }
    const next = text.indexOf(';', at)
    if (next < 0) break
    at = next + 1
  }
  return {
    value: outsideComments(head)
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replace(/\s*\/\s*/, '/'),
    raw,
  }
}

const percent = (text: string): string =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** One parameter with all its pieces. */
interface Pieces {
  /** `name=` */
  plain?: string
  /** `name*=`, `name*0=`, `name*1*=` by number; the first of a number counts */
  readonly numbered: Map<number, { readonly encoded: boolean; readonly text: string }>
}

/** RFC 2231 3 and 4: `name*1*` is piece 1 of `name` and encoded. */
const MARKED = /^([^*]+)\*(?:(\d{1,5})(\*)?)?$/

function gather(raw: Parameters['raw']): Map<string, Pieces> {
  const all = new Map<string, Pieces>()
  for (const [name, text] of raw) {
    const [, base = name, number, mark] = MARKED.exec(name) ?? []
    const pieces: Pieces = all.get(base) ?? { numbered: new Map() }
    all.set(base, pieces)
    if (base === name) pieces.plain ??= text
    else {
      const index = Number(number ?? 0)
      const encoded = number === undefined || mark !== undefined
      if (!pieces.numbered.has(index)) pieces.numbered.set(index, { encoded, text })
    }
  }
  return all
}

/** `charset'language'` before the first encoded piece; some write it before each. */
const CHARSET = /^([^']*)'[^']*'/

interface Joined {
  /** latin1 octets */
  readonly octets: string
  readonly charset: string
  /** whether a piece was percent-encoded */
  readonly encoded: boolean
}

/** Pieces in the order of their numbers. What is missing is left out: the rest of a name is better than none. */
function join(numbered: Pieces['numbered']): Joined {
  let charset: string | undefined
  let octets = ''
  for (const [, { encoded, text }] of [...numbered].sort(([a], [b]) => a - b)) {
    const start = encoded ? CHARSET.exec(text) : null
    const again = start && charset !== undefined && start[1]?.toLowerCase() === charset.toLowerCase()
    if (start && charset === undefined) charset = start[1] ?? ''
    octets += encoded
      ? percent(start && (again || octets === '' || start[1]) ? text.slice(start[0].length) : text)
      : text
  }
  return { octets, charset: charset ?? '', encoded: charset !== undefined }
}

/** Words of RFC 2047 are forbidden here (RFC 2047 5 (3)) and common, whole or cut into pieces. */
function textOf({ plain = '', numbered }: Pieces): string {
  if (numbered.size === 0) return decodeWords(plain)
  const { octets, charset, encoded } = join(numbered)
  if (!encoded || (octets.includes('=?') && /^[\x00-\x7f]*$/.test(octets))) return decodeWords(octets)
  return decodeText(Buffer.from(octets, 'latin1'), charset)
}

/** RFC 2231: continuations joined, charsets decoded; one value for each name, in order of first appearance. */
export const decodeParameters = (raw: Parameters['raw']): readonly (readonly [string, string])[] =>
  raw.length === 0 ? raw : [...gather(raw)].map(([name, pieces]) => [name, textOf(pieces)] as const)

/** A parameter as its latin1 octets, such as a boundary, which is no text. */
export function parameterOctets(raw: Parameters['raw'], wanted: string): string | undefined {
  if (!raw.some(([name]) => name.startsWith(wanted))) return undefined
  const pieces = gather(raw).get(wanted)
  return pieces && (pieces.numbered.size > 0 ? join(pieces.numbered).octets : pieces.plain)
}
