import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sortInTurns } from '../../lib/work/sort'

describe('sorting in turns', () => {
  it('gives what sort gives, equals in their order', async () => {
    const item = fc.record({ key: fc.integer({ min: 0, max: 50 }), place: fc.integer() })
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 3000, size: 'max' }), async (items) => {
        const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key
        assert.deepEqual(await sortInTurns(items, compare), [...items].sort(compare))
      }),
      { numRuns: 30 },
    )
  })
})
