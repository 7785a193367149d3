/**
 * Which runs of three characters a text has: a Bloom filter of one hash. What has a run that the text has not is not in the text,
 * and so most messages need not be read again for a word that few have. A tenth of the text at most.
 */
export type Grams = Uint8Array

const RUN = 3
/** octets of a filter */
const LEAST = 64
const MOST = 32 * 1024

/** characters before the one at `end` that make a run with it, as a number of 32 bits */
const hashAt = (text: string, end: number): number =>
  Math.imul(
    text.charCodeAt(end - 2) ^
      Math.imul(text.charCodeAt(end - 1), 0x9e3779b1) ^
      Math.imul(text.charCodeAt(end), 0x85ebca6b),
    0xc2b2ae35,
  ) >>> 0

/**
 * For texts that come in pieces, each of which repeats two characters of the one before. The filter has half a bit for each
 * character, or more: of the runs of prose about one in four is found by mistake.
 * @param length characters of all pieces, about
 */
export function createGrams(length: number): { readonly grams: Grams; add(text: string): void } {
  let octets = LEAST
  while (octets < MOST && octets * 16 < length) octets *= 2
  const grams = new Uint8Array(octets)
  const shift = Math.clz32(octets * 8 - 1)
  return {
    grams,
    add(text) {
      for (let end = RUN - 1; end < text.length; end++) {
        const bit = hashAt(text, end) >>> shift
        grams[bit >>> 3] = (grams[bit >>> 3] ?? 0) | (1 << (bit & 7))
      }
    },
  }
}

export function gramsOf(text: string): Grams {
  const { grams, add } = createGrams(text.length)
  add(text)
  return grams
}

/** False: the text of these grams does not contain `part`. */
export function mayContain(grams: Grams, part: string): boolean {
  const shift = Math.clz32(grams.length * 8 - 1)
  for (let end = RUN - 1; end < part.length; end++) {
    const bit = hashAt(part, end) >>> shift
    if (((grams[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
  }
  return true
}
