/**
 * What a text index keeps of a message: which runs of three characters (UTF-16 units) its texts have, each as a number. A text that
 * contains another has all of its runs; so whoever looks for a word need only read messages that have all runs of the word.
 * Texts are folded (terms/casemap), on both sides alike: what is compared is what is indexed.
 *
 * Scripts that are written without blanks have words of one and two characters, which have no run of three. So of these scripts
 * single characters and pairs are kept too. Shorter parts of words of other scripts are nearly everywhere: for them there is no
 * telling, and messages are read.
 */

/** Where a text stands. `header`: all fields, as they stand and as they are decoded; `fields`: of parts and of messages inside. */
export type TextPlace = 'subject' | 'from' | 'to' | 'cc' | 'bcc' | 'header' | 'fields' | 'body'

/** Distinct numbers below 2^GRAM_BITS. Two runs may share one: then a message is read that need not be. */
export type Grams = Uint32Array
export const GRAM_BITS = 20

const RUN = 3

/** The beginning of the scripts that are written without blanks: Thai, Lao, Khmer, kana, Han, Hangul; and emoji. */
export const WIDE = 0x0e00

/** The same run is another gram in another place. */
const SALTS: Readonly<Record<TextPlace, number>> = {
  subject: 0x27d4eb2f,
  from: 0x4fa9d65e,
  to: 0x777ec18d,
  cc: 0x1f53acbc,
  bcc: 0x472897eb,
  header: 0x6efd831a,
  fields: 0x16d26e49,
  body: 0x3ea75978,
}

/** All bits of the result depend on all of the characters. 0 for a character that is not there. */
function hash(salt: number, first: number, second: number, third: number): number {
  let mixed = Math.imul(first, 0xc2b2ae35) ^ Math.imul(second, 0x9e3779b1) ^ Math.imul(third, 0x85ebca6b) ^ salt
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return (mixed ^ (mixed >>> 15)) >>> (32 - GRAM_BITS)
}

/** The grams of one message, gathered from texts that come in any order. */
export class GramSet {
  /** a bit for each gram that it has */
  readonly #bits = new Uint32Array(2 ** GRAM_BITS / 32)
  #list = new Uint32Array(4096)
  #count = 0

  #note(gram: number): void {
    const word = gram >>> 5
    const bit = 1 << (gram & 31)
    const bits = this.#bits[word] ?? 0
    if (bits & bit) return
    this.#bits[word] = bits | bit
    if (this.#count === this.#list.length) {
      const longer = new Uint32Array(2 * this.#count)
      longer.set(this.#list)
      this.#list = longer
    }
    this.#list[this.#count++] = gram
  }

  /** @param text a piece of a longer one begins with the last two characters of the piece before it */
  add(place: TextPlace, text: string): void {
    const salt = SALTS[place]
    let first = 0
    let second = 0
    for (let at = 0; at < text.length; at++) {
      const third = text.charCodeAt(at)
      if (at >= RUN - 1) this.#note(hash(salt, first, second, third))
      if (third >= WIDE) {
        this.#note(hash(salt, 0, 0, third))
        if (second >= WIDE) this.#note(hash(salt, 0, second, third))
      }
      first = second
      second = third
    }
  }

  /** A copy. */
  grams(): Grams {
    return this.#list.slice(0, this.#count)
  }
}

/** Characters of a part that are looked at: a client may ask for megabytes. */
const MOST_ASKED = 256

/** What a message has in which `part` stands in this place; undefined: `part` is too short to tell. */
export function gramsOf(place: TextPlace, part: string): Grams | undefined {
  const salt = SALTS[place]
  const units = Array.from({ length: Math.min(part.length, MOST_ASKED) }, (_nothing, at) => part.charCodeAt(at))
  const [first = 0, second = 0] = units
  if (units.length >= RUN) {
    const runs = units.slice(RUN - 1).map((third, at) => hash(salt, units[at] ?? 0, units[at + 1] ?? 0, third))
    return Uint32Array.from(new Set(runs))
  }
  if (first >= WIDE && second >= WIDE) return Uint32Array.of(hash(salt, 0, first, second))
  const wide = units.filter((unit) => unit >= WIDE)
  return wide.length > 0 ? Uint32Array.from(wide, (unit) => hash(salt, 0, 0, unit)) : undefined
}

/** At most so many of them, from all over the part that they were made of: the more are asked for, the longer the answer takes. */
export const someOf = (grams: Grams, most: number): Grams =>
  grams.length <= most
    ? grams
    : Uint32Array.from({ length: most }, (_nothing, nth) => grams[Math.floor((nth * grams.length) / most)] ?? 0)
