import { decodeText, hasLongCharacters, isSameCharset, rawText } from './charset'
import { decodeBase64 } from './transfer'

/**
 * encoded-word of RFC 2047 2, with the language of RFC 2231 5. Blanks and question marks inside are wrong and common; `=?` inside
 * starts another one, and keeps the search linear.
 */
const WORD = /=\?([^?*\s]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?((?:[^?=\r\n]|\?(?!=)|=(?!\?(?!=)))*)\?=/g

interface Word {
  readonly charset: string
  readonly encoding: 'b' | 'q'
  readonly text: string
}

function octetsOf({ encoding, text }: Pick<Word, 'encoding' | 'text'>): Buffer {
  if (encoding === 'b') return decodeBase64(Buffer.from(text, 'latin1'))
  const octets = text
    .replace(/_/g, ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}

/** Signs that octets were put together in the wrong way. */
const faults = (text: string): number => text.match(/[\ufffd\0-\x08\x0e-\x1f]/g)?.length ?? 0

/**
 * Neighbours of one charset. RFC 2047 5 and 6.2: each word stands for itself. Only where that cuts a character of a charset
 * without state are they one text: some encoders cut octets, others cut the base64.
 */
function decodeRun(words: readonly Word[]): string {
  const [first] = words
  if (!first) return ''
  const { charset } = first
  const octets = words.map(octetsOf)
  const apart = octets.map((word) => decodeText(word, charset)).join('')
  const long = words.length > 1 && hasLongCharacters(charset)
  let best = { text: apart, faults: long ? faults(apart) : 0 }
  // Half a character of an unknown charset is guessed as something, and is no fault.
  if (!long || (best.faults === 0 && long !== 'guessed')) return apart
  const attempt = (text: string): void => {
    const found = faults(text)
    const better = found < best.faults || (found === best.faults && text.length < best.text.length)
    if (better) best = { text, faults: found }
  }
  attempt(decodeText(Buffer.concat(octets), charset))
  if (best.faults > 0 && words.every(({ encoding }) => encoding === 'b'))
    attempt(decodeText(octetsOf({ encoding: 'b', text: words.map(({ text }) => text).join('') }), charset))
  return best.text
}

/** Encoded words (RFC 2047) of unfolded header text (latin1). */
export function decodeWords(latin1: string): string {
  if (!latin1.includes('=?')) return rawText(latin1)
  let result = ''
  let last = 0
  let run: Word[] = []
  const flush = (): void => {
    result += decodeRun(run)
    run = []
  }
  for (const match of latin1.matchAll(WORD)) {
    const [whole, charset = '', letter = '', text = ''] = match
    const word: Word = { charset: charset.toLowerCase(), encoding: /b/i.test(letter) ? 'b' : 'q', text }
    const between = latin1.slice(last, match.index)
    const [neighbour] = run
    // RFC 2047 6.2: blanks between two encoded words are not shown.
    const next = neighbour !== undefined && between.trim() === ''
    if (!next) {
      flush()
      result += rawText(between)
    } else if (!isSameCharset(neighbour.charset, word.charset)) flush()
    run.push(word)
    last = match.index + whole.length
  }
  flush()
  return result + rawText(latin1.slice(last))
}
