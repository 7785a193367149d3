import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers'
import { setImmediate as loopTurns } from 'node:timers/promises'
import { giveWay, turn } from '../../lib/work/turns'
import { spin } from './jobs'

describe('work in turns', () => {
  it('keeps the loop while there is time, and gives it back after', async () => {
    await loopTurns()
    await loopTurns()
    assert.equal(turn(), undefined, 'a new turn of the loop')
    assert.equal(turn(), undefined, 'the same moment')
    spin(12)
    const given = turn()
    assert.ok(given instanceof Promise)
    await given
    assert.equal(turn(), undefined)
  })

  it('counts the work of all in one turn of the loop together', async () => {
    await loopTurns()
    await loopTurns()
    const given: boolean[] = []
    async function work(): Promise<void> {
      spin(6)
      const wait = turn()
      given.push(wait !== undefined)
      await wait
    }
    await turn()
    await Promise.all([work(), work(), work()])
    // Six milliseconds each: the first would have been within the slice, together they are not.
    assert.equal(given.at(-1), true)
  })

  it('lets one go on in each turn of the loop, in order', async () => {
    const seen: string[] = []
    async function work(name: string): Promise<void> {
      for (let step = 0; step < 3; step++) {
        seen.push(name)
        await giveWay()
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
