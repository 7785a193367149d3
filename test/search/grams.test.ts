import assert from 'node:assert/strict'
import fc from 'fast-check'
import { gramsOf, mayContain } from '../../lib/search/grams'

describe('grams of a text', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3000 })

  it('never deny what the text contains', () => {
    fc.assert(
      fc.property(text, text, text, (before, part, behind) => {
        assert.ok(mayContain(gramsOf(before + part + behind), part))
      }),
    )
  })

  it('deny most of what it does not contain, in a tenth of its size', () => {
    const prose = Array.from({ length: 4000 }, (_, nth) => (10_007 + 7919 * ((nth * 31) % 400)).toString(36)).join(' ')
    const grams = gramsOf(prose)
    assert.ok(grams.length * 10 <= prose.length)
    const others = Array.from({ length: 1000 }, (_, nth) => (10_007 + 7919 * (1000 + nth)).toString(36))
    assert.ok(others.filter((word) => mayContain(grams, word)).length < 50)
  })

  it('know nothing of what is shorter than three characters', () => {
    for (const short of ['', 'z', 'zz']) assert.ok(mayContain(gramsOf('text'), short))
    assert.ok(!mayContain(gramsOf('text'), 'zzz'))
  })
})
