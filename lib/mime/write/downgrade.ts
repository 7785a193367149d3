import { isAscii } from 'node:buffer'
import { domainToASCII } from 'node:url'
import { type Address, parseAddresses } from '../read/addresses'
import { rawText } from '../text/charset'

/**
 * A header with octets above 127 for clients that take ASCII only: the surrogate of RFC 6855 7, made as RFC 6857 and RFC 6858
 * say. What is ASCII stays octet for octet, and so does every line that has no such octet.
 */

const EIGHT_BIT = /[\x80-\xff]/
/** RFC 2047 2: an encoded word has 75 characters at most; `=?utf-8?B??=` takes 12 of them. */
const WORD_OCTETS = 45
const ADDRESSES = /^(?:resent-)?(?:from|to|cc|bcc|sender|reply-to)$|^return-path$|^disposition-notification-to$/
const PARAMETERS = /^content-(?:type|disposition)$/
/** Structured fields where an encoded word would be wrong syntax: RFC 6857 3.1.10 renames them. */
const STRUCTURED =
  /^(?:date|resent-date|message-id|resent-message-id|in-reply-to|references|received|mime-version|content-id|content-transfer-encoding|content-language|dkim-signature|authentication-results)$/

export const has8bit = (octets: Buffer): boolean => !isAscii(octets)

/** Text as encoded words (RFC 2047), no character cut in two, one a line. */
function encodedWords(text: string): string {
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > WORD_OCTETS) {
      words.push(word)
      word = ''
    }
    word += character
  }
  words.push(word)
  return words.map((one) => `=?utf-8?B?${Buffer.from(one).toString('base64')}?=`).join('\r\n ')
}

/** Only the words from the first to the last one that needs it. */
function unstructured(text: string): string {
  const words = text.split(/(\s+)/)
  const first = words.findIndex((word) => /[^\x00-\x7f]/.test(word))
  const last = words.findLastIndex((word) => /[^\x00-\x7f]/.test(word))
  if (first < 0) return text
  return (
    words.slice(0, first).join('') +
    encodedWords(words.slice(first, last + 1).join('')) +
    words.slice(last + 1).join('')
  )
}

const ATOMS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*$/
function phrase(latin1: string): string {
  const text = rawText(latin1)
  if (/[^\x00-\x7f]/.test(text)) return encodedWords(text)
  return ATOMS.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** RFC 6858 2.1: an address that ASCII cannot say becomes part of the name, and nobody can answer to it by mistake. */
function address({ name, mailbox, host }: Address): string {
  const local = mailbox ?? ''
  const domain = host === undefined ? '' : EIGHT_BIT.test(host) ? domainToASCII(rawText(host)) : host
  const spelled = /^[\w!#$%&'*+/=?^`{|}~.-]*$/.test(local) ? local : `"${local.replace(/["\\]/g, '\\$&')}"`
  if (!EIGHT_BIT.test(local) && (domain !== '' || host === ''))
    return name === undefined && host !== ''
      ? `${spelled}@${domain}`
      : `${phrase(name ?? '')} <${spelled}${domain === '' ? '' : `@${domain}`}>`
  const whole = rawText(`${local}@${host ?? ''}`)
  return `${encodedWords(name === undefined ? whole : `${rawText(name)} ${whole}`)} <invalid@internationalized-address.invalid>`
}

function addresses(latin1: string): string {
  let text = ''
  let first = true
  for (const one of parseAddresses(latin1)) {
    if (one.host === undefined) {
      // A group starts with its name and ends without one.
      text += one.mailbox === undefined ? ';' : `${first ? '' : ',\r\n '}${phrase(one.mailbox)}:`
      first = one.mailbox !== undefined
      continue
    }
    text += `${first ? '' : ',\r\n'} ${address(one)}`
    first = false
  }
  return text.trim()
}

/** RFC 2231 4: `name="ü"` becomes `name*=utf-8''%C3%BC`. */
function parameters(latin1: string): string {
  const ascii = latin1.replace(/([\w-]+)=("(?:[^"\\]|\\.)*"|[^\s;"]+)/g, (whole, name: string, value: string) => {
    if (!EIGHT_BIT.test(value)) return whole
    const text = rawText(value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value)
    const octets = [...Buffer.from(text)].map((octet) =>
      /[A-Za-z0-9._-]/.test(String.fromCharCode(octet))
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    return `${name}*=utf-8''${octets.join('')}`
  })
  return questionMarks(ascii)
}

const questionMarks = (latin1: string): string => latin1.replace(/[\x80-\xff]/g, '?')

/** @param latin1 one field with its folded lines, without the last line end */
function field(latin1: string): string {
  const [, name = '', blanks = '', value = ''] = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:([ \t]*)([\s\S]*)$/.exec(latin1) ?? []
  // No field at all: nothing better is known.
  if (name === '') return questionMarks(latin1)
  const unfolded = value.replace(/\r?\n/g, '').trimEnd()
  const lower = name.toLowerCase()
  const start = `${name}:${blanks}`
  if (ADDRESSES.test(lower)) return start + addresses(unfolded)
  if (PARAMETERS.test(lower)) return start + parameters(unfolded)
  if (STRUCTURED.test(lower)) return `Downgraded-${name}: ${unstructured(rawText(unfolded))}`
  return start + unstructured(rawText(unfolded))
}

/** @param header fields with their line ends, and the empty line if there is one */
export function asciiHeader(header: Buffer): Buffer {
  if (!has8bit(header)) return header
  const fields = header
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .split(/(?<=\n)(?![ \t])/)
  const ascii = fields.map((lines) => {
    if (!EIGHT_BIT.test(lines)) return lines
    const end = /\r?\n$/.exec(lines)?.[0] ?? ''
    return field(lines.slice(0, lines.length - end.length)) + end
  })
  return Buffer.from(ascii.join(''), 'latin1')
}
