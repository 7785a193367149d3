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

  /** On a busy machine a stand may be the machine's: then once more. */
  async function heldBy(names: readonly string[]): Promise<unknown> {
    for (let tries = 0; tries < 20; tries++) {
      const told = next()
      const ends = names.map(runs)
      spin(300)
      for (const end of ends) end()
      const what = await told
      if (what !== 'paused') return what
    }
    return 'paused'
  }

  it('names the command that held it, though others wait', async () => {
    const waits = runs('IMAP FETCH')
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.equal(await heldBy(['IMAP SEARCH']), 'IMAP SEARCH')
    waits()
  })

  it('does not blame one of several', async () => {
    assert.equal(await heldBy(['IMAP SEARCH', 'POP3 LIST']), SEVERAL)
  })
})
