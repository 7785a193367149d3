import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GRAM_BITS, GramSet, gramsOf, someOf, type TextPlace } from '../../lib/search/text-grams'
import { SEED } from '../random'

const setOf = (place: TextPlace, ...pieces: string[]): Set<number> => {
  const set = new GramSet()
  for (const piece of pieces) set.add(place, piece)
  return new Set(set.grams())
}
const has = (set: ReadonlySet<number>, part: string, place: TextPlace = 'body'): boolean =>
  (gramsOf(place, part) ?? []).every((gram) => set.has(gram))

/** Few characters, so that texts meet: of scripts with and without blanks, of one unit and of two, halves of them, and none. */
const unit = fc.constantFrom(...'ab \n\u0000é\u0301語京あ\u3099가ไ\u{1f600}\ud800\udc00')
const text = fc.string({ unit, maxLength: 60 })

describe('grams of texts', () => {
  it('a text has all grams of what is in it, also when it comes in pieces', () => {
    fc.assert(
      fc.property(text, text, text, fc.nat(), (before, part, behind, cut) => {
        const whole = before + part + behind
        const at = cut % (whole.length + 1)
        const pieces = setOf('body', whole.slice(0, at), whole.slice(Math.max(0, at - 2)))
        assert.deepEqual(pieces, setOf('body', whole))
        assert.ok(has(pieces, part))
      }),
      { seed: SEED },
    )
  })

  it('most of what is not in a text has grams that the text has not', () => {
    const word = (nth: number): string => (10_007 + 7919 * nth).toString(36)
    const prose = Array.from({ length: 4000 }, (_, nth) => word((nth * 31) % 400)).join(' ')
    const grams = setOf('body', prose)
    assert.ok([...grams].every((gram) => gram < 2 ** GRAM_BITS))
    const others = Array.from({ length: 1000 }, (_, nth) => word(1000 + nth))
    assert.ok(others.filter((other) => has(grams, other)).length < 50)
  })

  it('what stands in one place does not stand in another', () => {
    const grams = setOf('subject', 'invoice')
    assert.ok(has(grams, 'invoice', 'subject'))
    for (const place of ['from', 'to', 'cc', 'bcc', 'header', 'fields', 'body'] as const) {
      assert.ok(!has(grams, 'invoice', place), place)
    }
  })

  it('words of one and two characters are known of scripts without blanks only', () => {
    for (const short of ['', 'a', 'ab', 'é', 'Ω']) assert.equal(gramsOf('body', short), undefined, short)
    const grams = setOf('body', '私は東京に住む \u{1f600}')
    for (const there of ['東', '東京', '京に', '\u{1f600}', ' 私', 'む ']) assert.ok(has(grams, there), there)
    for (const short of ['都', '京東', '\u{1f601}', 'x京都'.slice(0, 3)]) assert.ok(!has(grams, short), short)
    assert.ok(gramsOf('body', 'x東'))
  })

  it('of a long word some are asked for, from all over it', () => {
    const grams = gramsOf('body', Array.from({ length: 100_000 }, (_, nth) => String(nth)).join(''))
    assert.ok(grams && grams.length < 300)
    const some = someOf(grams, 10)
    assert.equal(some.length, 10)
    assert.ok(some.every((gram) => grams.includes(gram)))
    assert.deepEqual(someOf(some, 10), some)
  })
})
