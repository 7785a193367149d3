import type { Extension } from '../../extension'

/** RFC 5228 2.4.2.4: blanks stand between the numbers, and may stand around them; the names are told apart without case. */
const ENCODED = /\$\{(hex|unicode):(\s*[0-9a-f]+(?:\s+[0-9a-f]+)*\s*)\}/gi

const numbers = (list: string): readonly string[] => list.trim().split(/\s+/)

/** hex-pair-seq: octets of UTF-8, each of one or two digits; more are no hex pair, and the text stays. */
function octets(whole: string, list: readonly string[]): string {
  if (list.some((digits) => digits.length > 2)) return whole
  return Buffer.from(list.map((digits) => Number.parseInt(digits, 16))).toString('utf8')
}

/** unicode-hex: any number of digits, and what is no Unicode scalar value is a mistake. */
function characters(list: readonly string[], fail: (why: string) => never): string {
  return list
    .map((digits) => {
      const code = Number.parseInt(digits, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) fail(`${digits} is no character of Unicode`)
      return String.fromCodePoint(code)
    })
    .join('')
}

/** RFC 5228 2.4.2.4: `${hex: 24 24}` and `${unicode: 24}`. */
export const encodedCharacter: Extension = {
  capability: 'encoded-character',
  rfc: 'RFC 5228 2.4.2.4',
  literal: (text, fail) =>
    text.replace(ENCODED, (whole, kind: string, list: string) =>
      kind.toLowerCase() === 'hex' ? octets(whole, numbers(list)) : characters(numbers(list), fail),
    ),
}
