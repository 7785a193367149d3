import assert from 'node:assert/strict'
import { createLoad } from '../../lib/mailbox/texts/load'

describe('whether the machine is busy', () => {
  it('looks at what its processors did since the last look, now and then', () => {
    let time = 0
    const times = { idle: 0, all: 0 }
    const busy = createLoad(
      () => ({ ...times }),
      () => time,
    )
    const pass = (milliseconds: number, used: number): boolean => {
      time += milliseconds
      times.all += milliseconds * 2
      times.idle += milliseconds * 2 * (1 - used)
      return busy()
    }
    assert.equal(pass(300, 0.9), true)
    assert.equal(pass(300, 0.4), false)
    assert.equal(pass(300, 0.6), true)
    assert.equal(pass(100, 0), true, 'too soon for another look')
    assert.equal(pass(300, 0), false)
    time += 1000
    assert.equal(busy(), false, 'no time of a processor has passed')
  })

  it('reads the processors of this machine', () => {
    assert.equal(typeof createLoad()(), 'boolean')
  })
})
