import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { decodeBase64 } from './transfer'

const LIKE_UTF8 = /^(?:utf-?8|us-ascii|ascii|ansi_x3\.4-1968|unknown-?8bit|x-unknown|default|)$/i

/** Octets of an unknown charset: UTF-8 when they fit, else Windows-1252 (a superset of latin1). */
const guessed = (bytes: Buffer): string =>
  isUtf8(bytes) ? bytes.toString('utf8') : iconv.decode(bytes, 'windows-1252')

/** What iconv-lite does not know (such as ISO-2022-JP), Node often does. */
function decodeByNode(bytes: Buffer, name: string): string | undefined {
  try {
    return new TextDecoder(name).decode(bytes)
  } catch {
    return undefined
  }
}

/** Octets to text; never throws. Text that calls itself UTF-8 and is not is read as Windows-1252, as its sender's screen did. */
export function decodeText(bytes: Buffer, charset: string): string {
  const name = charset
    .slice(0, 60)
    .trim()
    .replace(/^['"]|['"]$/g, '')
  if (LIKE_UTF8.test(name)) return guessed(bytes)
  // As browsers do (WHATWG Encoding): what is called latin1 is Windows-1252.
  if (/^iso[-_]?8859[-_]?1$|^latin-?1$/i.test(name)) return iconv.decode(bytes, 'windows-1252')
  if (!isCharset(name)) return decodeByNode(bytes, name) ?? guessed(bytes)
  try {
    return iconv.decode(bytes, name)
  } catch {
    return guessed(bytes)
  }
}

/** iconv-lite also has transfer encodings under such names; they are no charsets. */
const NOT_CHARSETS = /^(?:base64|hex|binary|ucs2|internal|_.*)$/i
const isCharset = (name: string): boolean =>
  /^[A-Za-z0-9][\w.:+()-]*$/.test(name) && !NOT_CHARSETS.test(name) && iconv.encodingExists(name)

/** Whether SEARCH, SORT and THREAD take this charset (RFC 9051 6.4.4, BADCHARSET). */
export function knownCharset(name: string): boolean {
  if (/^(?:utf-?8|us-ascii)$/i.test(name) || isCharset(name)) return true
  return /^[\w.:+()-]+$/.test(name) && decodeByNode(Buffer.alloc(0), name) !== undefined
}

/** Octets that were cut off somewhere, without the half character at their end. */
export function cutUtf8(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const octet = bytes[bytes.length - back] ?? 0
    if (octet < 0x80) return bytes
    if (octet < 0xc0) continue
    const length = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2
    return back < length ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}

/** Header text (latin1 octets) that may hold raw 8-bit (RFC 6532 or none). */
export const rawText = (latin1: string): string =>
  /[\x80-\xff]/.test(latin1) ? decodeText(Buffer.from(latin1, 'latin1'), 'utf-8') : latin1

/** RFC 2047 2, with the language of RFC 2231 5. Blanks inside are wrong and common. */
const WORD = /=\?([^?*\s]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?\r\n]*)\?=/g

function wordOctets(encoding: string, text: string): Buffer {
  if (encoding === 'b' || encoding === 'B') return decodeBase64(Buffer.from(text, 'latin1'))
  const octets = text
    .replace(/_/g, ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}

/** Encoded words (RFC 2047) of unfolded header text (latin1). Neighbours of one charset are joined first: characters may be split. */
export function decodeWords(latin1: string): string {
  if (!latin1.includes('=?')) return rawText(latin1)
  let result = ''
  let last = 0
  let pending: { readonly charset: string; readonly octets: Buffer[] } | undefined
  const flush = (): void => {
    if (pending) result += decodeText(Buffer.concat(pending.octets), pending.charset)
    pending = undefined
  }
  for (const match of latin1.matchAll(WORD)) {
    const [whole, charset = '', encoding = '', text = ''] = match
    const between = latin1.slice(last, match.index)
    // RFC 2047 6.2: blanks between two encoded words are not shown.
    if (!(pending && between.trim() === '')) {
      flush()
      result += rawText(between)
    }
    if (pending && pending.charset !== charset.toLowerCase()) flush()
    pending ??= { charset: charset.toLowerCase(), octets: [] }
    pending.octets.push(wordOctets(encoding, text))
    last = match.index + whole.length
  }
  flush()
  return result + rawText(latin1.slice(last))
}
