import assert from 'node:assert/strict'
import fc from 'fast-check'
import { askedOf } from '../../lib/search/asked'
import { askedWords, nearnessIn, plain } from '../../lib/search/near'
import { GramSet } from '../../lib/search/text-grams'
import { fold } from '../../lib/terms/casemap'
import { SEED } from '../random'

const near = (asked: string, text: string): number => {
  const [word] = askedWords(fold(asked))
  assert.ok(word)
  return nearnessIn(fold(text), word)
}

describe('words that are near (FUZZY)', () => {
  const rows: readonly (readonly [asked: string, text: string, nearness: number, why: string])[] = [
    ['hello', 'say HELLO to', 1, 'in any case'],
    ['muller', 'Herr Müller', 1, 'without marks'],
    ['müller', 'Herr Muller', 1, 'with marks that are not there'],
    ['strasse', 'Straße 5', 1, 'letters that are spelled'],
    ['smorrebrod', 'smørrebrød', 1, 'letters that are spelled'],
    ['京都', '東京都庁', 1, 'among words without blanks'],
    ['break', 'breaking', 0.85, 'at the beginning'],
    ['port', 'airports', 0.7, 'within'],
    ['por', 'airports', 0, 'three letters within are too few'],
    ['por', 'ports', 0.85, 'three letters at the beginning'],
    ['po', 'ports', 0, 'two letters are a whole word'],
    ['po', 'po box', 1, 'two letters are a whole word'],
    ['helo', 'hello', 0.6, 'a letter is missing'],
    ['helo', 'help', 0.6, 'a letter is wrong'],
    ['recieve', 'we receive', 0.6, 'two letters are in the place of each other'],
    ['acomodation', 'accommodation', 0.45, 'two of a long word'],
    ['acomodatin', 'accommodation', 0, 'three of a long word'],
    ['hxlxo', 'hello', 0, 'two of a short word'],
    ['xelxo', 'hello', 0, 'neither beginning nor end'],
    ['teh', 'the', 0, 'three letters are right'],
    ['20261', 'nr 20262', 0, 'a number is right'],
    ['2026', 'nr 20262', 0.85, 'the beginning of a number'],
  ]
  for (const [asked, text, nearness, why] of rows) {
    it(`${asked} in ${text}: ${nearness} (${why})`, () => assert.equal(near(asked, text), nearness))
  }

  it('have grams that an index is asked for, whatever is misspelled and whatever marks there are', () => {
    const unit = fc.constantFrom(...'abcdeéüß京あ가7 -')
    const text = fc.string({ unit, minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(text, text, fc.nat(), fc.nat(), fc.constantFrom('', 'a', 'é'), (before, behind, from, at, letter) => {
        const whole = fold(before + behind)
        const words = askedWords(whole.slice(from % whole.length))
        const set = new GramSet()
        set.add('body', whole)
        set.add('body', plain(whole))
        const grams = new Set(set.grams())
        for (const right of words) {
          const cut = at % (right.length + 1)
          const [word = right] = askedWords(right.slice(0, cut) + fold(letter) + right.slice(cut + 1))
          if (nearnessIn(whole, word) === 0) continue
          const [asked] = askedOf({ kind: 'near', word, in: { kind: 'body', fields: 'not' } })
          if (asked)
            assert.ok(
              asked.anyOf.some((one) => one.every((gram) => grams.has(gram))),
              `${word} in ${whole}`,
            )
        }
      }),
      { seed: SEED },
    )
  })

  it('are looked for in time that does not grow with long words', () => {
    const long = 'A'.repeat(1_000_000)
    const begin = performance.now()
    assert.equal(nearnessIn(`${long} ${long}B`, 'B'.repeat(64)), 0)
    assert.equal(askedWords(`${long} ${Array.from({ length: 500 }, (_, nth) => `W${nth}`).join(' ')}`).length, 20)
    assert.ok(performance.now() - begin < 1000)
  })
})
