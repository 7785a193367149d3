import { WIDE } from './text-grams'

/**
 * What FUZZY finds (RFC 6203 3 leaves it to the server): words, in any order, in letters of any case and without their marks, that
 * are the word that is looked for, or begin with it, or have it in them, or are misspelled a little. Nothing is learnt and nothing
 * depends on an index, so the same search finds the same.
 */

/** Words of one text that is looked for; more of them are left out. */
const MOST_WORDS = 20
/** Letters of a word that is looked for; of a longer one its beginning. */
const MOST_LETTERS = 64

const ASCII = /^[\x00-\x7f]*$/
const ASCII_WORD = /[0-9A-Z]+/g
const WORD = /[\p{L}\p{N}\p{M}]+/gu
/** a word that goes on in the next piece of a text */
const LAST_WORD = /[\p{L}\p{N}\p{M}]+$/u
/** Marks of Latin, Greek, Cyrillic, of Hebrew, and of Arabic: what is read without them too. */
const MARKS = /(?:[\u0300-\u036f]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\u064b-\u065f\u0670])+/gu
/** Letters that are no others with a mark, and are written so where a keyboard has none. */
const SPELLED: ReadonlyMap<string, string> = new Map(
  Object.entries({ ß: 'SS', ẞ: 'SS', Æ: 'AE', Œ: 'OE', Ø: 'O', Ł: 'L', Đ: 'D', Ð: 'D', Þ: 'TH', ı: 'I' }),
)
const SPECIAL = new RegExp(`[${[...SPELLED.keys()].join('')}]`, 'g')

/** @param text folded (terms/casemap) */
export const plain = (text: string): string =>
  ASCII.test(text) ? text : text.replace(MARKS, '').replace(SPECIAL, (letter) => SPELLED.get(letter) ?? letter)

/** Different words. @param text plain */
export const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.match(ASCII.test(text) ? ASCII_WORD : WORD) ?? [])

/** What is looked for when this is asked; none: it has no letter and no digit. @param text folded */
export const askedWords = (text: string): readonly string[] =>
  [...wordsOf(plain(text))].slice(0, MOST_WORDS).map((word) => word.slice(0, MOST_LETTERS))

/** The end of a piece, where a word may be cut. */
export const cutWord = (piece: string): string => LAST_WORD.exec(piece.slice(-MOST_LETTERS))?.[0] ?? ''

/** How near a word is: 1 the word itself, 0 another one. */
const NEAR = { same: 1, begins: 0.85, within: 0.7, oneEdit: 0.6, twoEdits: 0.45 } as const
export const LEAST_NEAR = NEAR.twoEdits

/** Letters at the beginning or at the end of a word that are right in it when it is misspelled: an index finds it by them. */
export const RIGHT = 3

const isWide = (word: string): boolean => word.charCodeAt(0) >= WIDE
const hasDigit = /\p{N}/u

/** Letters that may be wrong, missing, too many, or in the place of their neighbour. Numbers are right or they are others. */
export function editsOf(word: string): 0 | 1 | 2 {
  if (word.length < 4 || isWide(word) || hasDigit.test(word)) return 0
  return word.length < 8 ? 1 : 2
}

const row = (): Uint8Array => new Uint8Array(MOST_LETTERS + 4)
/** of `edits`, used again and again */
const ROWS = [row(), row(), row()] as const

/** Edits that make one word of the other (optimal string alignment), or more than `most`. Both have at most MOST_LETTERS + 2 letters. */
function edits(word: string, other: string, most: number): number {
  let [before, above, own] = ROWS
  for (let at = 0; at <= other.length; at++) above[at] = at
  for (let i = 1; i <= word.length; i++) {
    own[0] = i
    let least = i
    const letter = word.charCodeAt(i - 1)
    for (let j = 1; j <= other.length; j++) {
      const beside = other.charCodeAt(j - 1)
      let count = Math.min(
        (above[j] ?? 0) + 1,
        (own[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + (letter === beside ? 0 : 1),
      )
      if (i > 1 && j > 1 && letter === other.charCodeAt(j - 2) && word.charCodeAt(i - 2) === beside)
        count = Math.min(count, (before[j - 2] ?? 0) + 1)
      own[j] = count
      if (count < least) least = count
    }
    if (least > most) return least
    ;[before, above, own] = [above, own, before]
  }
  return above[other.length] ?? 0
}

function nearnessOf(word: string, other: string): number {
  if (word === other) return NEAR.same
  // Words that stand without blanks between them are one.
  if (isWide(word)) return other.includes(word) ? NEAR.same : 0
  if (word.length < RIGHT) return 0
  if (other.startsWith(word)) return NEAR.begins
  if (word.length > RIGHT && other.includes(word)) return NEAR.within
  const most = editsOf(word)
  if (most === 0 || Math.abs(word.length - other.length) > most) return 0
  const isRight = other.startsWith(word.slice(0, RIGHT)) || other.endsWith(word.slice(-RIGHT))
  const count = isRight ? edits(word, other, most) : most + 1
  return count > most ? 0 : count === 1 ? NEAR.oneEdit : NEAR.twoEdits
}

/** The nearest of some words. */
export function nearness(word: string, others: ReadonlySet<string>): number {
  if (others.has(word)) return NEAR.same
  let best = 0
  for (const other of others) best = Math.max(best, nearnessOf(word, other))
  return best
}

/** @param text folded */
export const nearnessIn = (text: string, word: string): number => nearness(word, wordsOf(plain(text)))
