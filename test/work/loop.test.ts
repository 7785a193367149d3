import assert from 'node:assert/strict'
import { EventEmitter, on } from 'node:events'
import { runs, SEVERAL, watchLoop } from '../../lib/work/loop'
import { spin } from './jobs'

describe('the watch of the event loop', () => {
  const heard = new EventEmitter()
  let stop: () => void
  /** the next of those that we make: a machine that is busy makes others */
  async function next(): Promise<unknown> {
    for await (const [what, milliseconds] of on(heard, 'held')) if (milliseconds >= 250) return what
    return undefined
  }
  before(() => {
    stop = watchLoop({
      delayed: () => undefined,
      held: (what, milliseconds) => heard.emit('held', what, milliseconds),
    })
  })
  after(() => stop())

  it('names the command that held it, though others wait', async () => {
    const waits = runs('IMAP FETCH')
    await new Promise((resolve) => setTimeout(resolve, 30))
    const told = next()
    const end = runs('IMAP SEARCH')
    spin(300)
    end()
    assert.equal(await told, 'IMAP SEARCH')
    waits()
  })

  it('does not blame one of several', async () => {
    const told = next()
    const ends = [runs('IMAP SEARCH'), runs('POP3 LIST')]
    spin(300)
    for (const end of ends) end()
    assert.equal(await told, SEVERAL)
  })
})
