import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers'
import { createTurn } from '../../lib/work/turns'
import { spin } from './jobs'

describe('work in turns', () => {
  it('keeps the loop while there is time, and gives it back after', async () => {
    const turn = createTurn(1000)
    assert.equal(turn(), undefined)
    const short = createTurn(1)
    spin(2)
    const given = short()
    assert.ok(given instanceof Promise)
    await given
    assert.equal(createTurn(1000)(), undefined)
  })

  it('lets one go on in each turn of the loop, in order', async () => {
    const seen: string[] = []
    async function work(name: string): Promise<void> {
      const turn = createTurn(0)
      for (let step = 0; step < 3; step++) {
        seen.push(name)
        await turn()
      }
    }
    const both = Promise.all([work('a'), work('b')])
    let loops = 0
    const count = (): void => {
      loops++
      if (loops < 20) setImmediate(count)
    }
    setImmediate(count)
    await both
    assert.deepEqual(seen, ['a', 'b', 'a', 'b', 'a', 'b'])
    assert.ok(loops >= 5, `${loops} turns of the loop for six steps`)
  })
})
