import assert from 'node:assert/strict'
import fc from 'fast-check'
import { contains } from '../../lib/search/contains'

describe('a text within a text', () => {
  it('is what the engine says, whatever the two are made of', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '東'), maxLength: 300 })
    fc.assert(
      fc.property(few, few, fc.nat(300), fc.nat(300), (text, other, from, length) => {
        for (const pattern of [other, text.slice(from, from + length), `${text.slice(from, from + 40)}${other}`])
          assert.equal(contains(text, pattern), text.includes(pattern))
      }),
    )
  })
  it('is found where only its last character decides, and where all of its pieces are but not it', () => {
    const text = 'a'.repeat(1000)
    assert.ok(!contains(text, `${'a'.repeat(200)}b`))
    assert.ok(contains(`${text}b`, `${'a'.repeat(200)}b`))
    const pieces = ['x'.repeat(32), 'y'.repeat(32), 'z'.repeat(32)]
    assert.ok(!contains(pieces.toReversed().join(''), pieces.join('')))
  })
})
