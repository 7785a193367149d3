import { type Grams, someOf } from '../../../search/text-grams'

/**
 * The grams of a message as PostgreSQL keeps them: a Bloom filter with one hash, of a length of its own. A gram is the bit of its
 * number, modulo the bits that there are.
 */

/** Bits for each gram: of the grams that a message has not, a fifth is found by mistake; of a word of six letters, a thousandth. */
const BITS = 4
/** octets */
const LEAST = 16

export function filterOf(grams: Grams): Buffer {
  const filter = Buffer.alloc(Math.max(LEAST, Math.ceil((grams.length * BITS) / 8)))
  const bits = filter.length * 8
  for (const gram of grams) {
    const bit = gram % bits
    filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7))
  }
  return filter
}

/** Grams of one set that are asked for, always so many, so that the statement is always the same. */
const ASKED = 8

const asked = (grams: Grams): number[] => {
  const some = [...someOf(grams, ASKED)]
  return Array.from({ length: ASKED }, (_nothing, nth) => some[nth % some.length] ?? 0)
}

/** Of a column `filter`: whether it has all grams of one of the sets. */
export const hasOne = (column: string, sets: number, first: number): string =>
  Array.from({ length: sets }, (_set, set) => {
    const bit = (nth: number): string => `($${first + set}::int[])[${nth + 1}] % (octet_length(${column}) * 8)`
    return `(${Array.from({ length: ASKED }, (_nothing, nth) => `get_bit(${column}, ${bit(nth)}) = 1`).join(' AND ')})`
  }).join(' OR ')

/** The parameters of `hasOne`. */
export const parametersOf = (anyOf: readonly Grams[]): number[][] => anyOf.map(asked)
