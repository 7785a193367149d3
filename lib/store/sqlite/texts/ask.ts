import { type Grams, someOf } from '../../../search/text-grams'
import { turn } from '../../../work/turns'
import type { TextReader } from './file'
import { matchAll } from './tokens'

/** Grams of one set that are asked for; more of them make an answer longer, and hardly better. */
const MOST_GRAMS = 12
/** Message numbers that are looked at in one step: as many as take about `STEP` milliseconds. */
const FIRST_STEP = 8192
const STEP = 4
/** From so many on an answer that is most of all messages is none. */
const MANY = 5000

interface Indexed {
  readonly upto: number
  /** another one after all, or all of this account, was thrown away */
  readonly made: string
}
const INDEXED = 'SELECT upto, made || forgotten AS made FROM indexed, facts WHERE account = ?'
/** Ids as they are bound must be whole numbers: FTS5 takes no notice of others. */
const MATCHES = `SELECT rowid & 4294967295 FROM texts WHERE texts MATCH ? AND rowid > ? AND rowid <= ?`
const UNREADABLE = 'SELECT id & 4294967295 FROM unreadable WHERE id > ? AND id <= ?'

/** Messages, by number, that may have what was asked, ascending, of all up to `upto`. */
interface Answer {
  readonly upto: number
  readonly messages: Uint32Array
}

class Numbers {
  length = 0
  #numbers = new Uint32Array(1024)

  add(numbers: readonly (readonly [number])[]): void {
    if (this.length + numbers.length > this.#numbers.length) {
      const longer = new Uint32Array(2 * (this.length + numbers.length))
      longer.set(this.#numbers)
      this.#numbers = longer
    }
    for (const [number] of numbers) this.#numbers[this.length++] = number
  }
  ascending(): Uint32Array {
    return this.#numbers.slice(0, this.length).sort()
  }
}

/** Undefined: there is no index of this account now, or most of its messages match. */
export async function askTexts(
  reader: TextReader,
  account: number,
  anyOf: readonly Grams[],
): Promise<Answer | undefined> {
  const indexed = reader.read((sql) => sql.get<Indexed>(INDEXED, account))
  if (!indexed) return undefined
  const { upto } = indexed
  const key = (message: number): bigint => BigInt(account) * 2n ** 32n + BigInt(message)
  const query = matchAll(anyOf.map((grams) => someOf(grams, MOST_GRAMS)))
  const found = new Numbers()
  let step = FIRST_STEP
  for (let from = 0; from < upto; ) {
    const to = Math.min(upto, from + step)
    const begin = performance.now()
    const range = [key(from), key(to)] as const
    const messages = reader.read((sql) => [
      ...sql.columns<[number]>(MATCHES, query, ...range),
      ...sql.columns<[number]>(UNREADABLE, ...range),
    ])
    if (!messages) return undefined
    found.add(messages)
    if (found.length > MANY && found.length > to / 2) return undefined
    const took = performance.now() - begin
    step = Math.max(1024, Math.min(4 * step, Math.round((step * STEP) / Math.max(0.1, took))))
    from = to
    await turn()
  }
  // Thrown away meanwhile: what was found may be less than there is.
  const now = reader.read((sql) => sql.get<Indexed>(INDEXED, account))
  return now?.made === indexed.made ? { upto, messages: found.ascending() } : undefined
}
