import assert from 'node:assert/strict'
import { createLiterals } from '../../../lib/imap/wire/literals'

describe('large literals of one account', () => {
  const MEGABYTE = 1024 * 1024
  const present = new AbortController().signal

  it('wait for each other, and for nobody else', async () => {
    const literals = createLiterals(64 * MEGABYTE)
    const [first, second, other] = [literals(), literals(), literals()]
    assert.equal(await first.take('a', 50 * MEGABYTE, present), true)
    let taken = false
    const waits = second.take('a', 20 * MEGABYTE, present).then((is) => {
      taken = is
    })
    assert.equal(await second.take('a', 1000, present), true, 'small ones do not wait')
    assert.equal(await other.take('b', 50 * MEGABYTE, present), true)
    assert.equal(await first.take('a', 30 * MEGABYTE, present), true, 'a command that has begun goes on')
    assert.equal(taken, false)
    first.release()
    await waits
    assert.equal(taken, true)
    second.release()
  })

  it('a client that is gone waits no longer, and holds nothing', async () => {
    const literals = createLiterals(64 * MEGABYTE)
    const [first, gone, last] = [literals(), literals(), literals()]
    await first.take('a', 60 * MEGABYTE, present)
    const leaving = new AbortController()
    const waits = gone.take('a', 60 * MEGABYTE, leaving.signal)
    leaving.abort()
    assert.equal(await waits, false)
    gone.release()
    first.release()
    assert.equal(await last.take('a', 60 * MEGABYTE, present), true)
  })
})
