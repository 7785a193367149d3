import type { Grams } from '../../../search/text-grams'

/** Grams in the letters of FTS5's tokenizer `ascii`: four of 32 letters are 20 bits. */
const LETTERS = Buffer.from('abcdefghijklmnopqrstuvwxyz234567')
const LENGTH = 4
const BLANK = 32

/** What FTS5 is given to index. */
export function matchable(grams: Grams): string {
  const octets = Buffer.allocUnsafe(grams.length * (LENGTH + 1))
  let at = 0
  for (const gram of grams) {
    octets[at++] = LETTERS[gram >>> 15] ?? 0
    octets[at++] = LETTERS[(gram >>> 10) & 31] ?? 0
    octets[at++] = LETTERS[(gram >>> 5) & 31] ?? 0
    octets[at++] = LETTERS[gram & 31] ?? 0
    octets[at++] = BLANK
  }
  return octets.toString('latin1')
}

/** What MATCH is asked: all grams of one of the sets, none of which is empty. */
export const matchAll = (anyOf: readonly Grams[]): string =>
  anyOf
    .map(
      (grams) =>
        `(${matchable(grams)
          .trimEnd()
          .split(' ')
          .map((token) => `"${token}"`)
          .join(' AND ')})`,
    )
    .join(' OR ')
