import assert from 'node:assert/strict'
import { createPool, type Pool } from '../../lib/work/pool'
import { backtrackJob, failJob, growJob, octetsJob, repeatJob, spinJob, upperJob } from './jobs'

describe('a pool of threads', () => {
  let pool: Pool
  before(() => {
    pool = createPool({ threads: 2, memory: 96, mostOfOne: 5, most: 20 })
  })
  after(() => pool.close())

  it('runs a function in another thread', async () => {
    const result = await pool.run(upperJob, 'straße', 'ann')
    assert.ok(result.ok)
    assert.equal(result.value.text, 'STRASSE')
    assert.notEqual(result.value.thread, 0)
  })

  it('takes octets that are part of a larger buffer, and leaves them whole', async () => {
    const octets = Buffer.from('..abc..').subarray(2, 5)
    assert.deepEqual(await pool.run(octetsJob, octets, 'ann'), { ok: true, value: 97 + 98 + 99 })
    assert.equal(octets.toString(), 'abc')
  })

  it('ends a run that takes too long, whatever it does, and goes on', async () => {
    const overTime = { ok: false, fault: { kind: 'over-budget', what: 'time' } }
    const [spun, hung, other] = await Promise.all([
      pool.run(spinJob, 60_000, 'ann'),
      pool.run(backtrackJob, `${'a'.repeat(60)}b`, 'bob'),
      pool.run(upperJob, 'c', 'cid'),
    ])
    assert.deepEqual(spun, overTime)
    assert.deepEqual(hung, overTime)
    assert.equal(other.ok, true)
  })

  it('ends a run that takes too much memory, and goes on', async () => {
    assert.deepEqual(await pool.run(growJob, undefined, 'ann'), {
      ok: false,
      fault: { kind: 'over-budget', what: 'memory' },
    })
    assert.equal((await pool.run(upperJob, 'a', 'ann')).ok, true)
  })

  it('bounds octets in and out', async () => {
    const tooMany = { ok: false, fault: { kind: 'over-budget', what: 'octets' } }
    assert.deepEqual(await pool.run(upperJob, 'x'.repeat(1_000_001), 'ann'), tooMany)
    assert.deepEqual(await pool.run(repeatJob, 100_001, 'ann'), tooMany)
    assert.equal((await pool.run(repeatJob, 90_000, 'ann')).ok, true)
  })

  it('rejects when the job throws, with its error', async () => {
    await assert.rejects(pool.run(failJob, 'a bug', 'ann'), /a bug/)
  })

  it('serves a caller beside another who asks for much, and refuses what is over his share', async () => {
    // Both threads are there.
    await Promise.all([pool.run(spinJob, 20, 'ann'), pool.run(spinJob, 20, 'bob')])
    const done: string[] = []
    const flood = Array.from({ length: 12 }, async () => {
      const result = await pool.run(spinJob, 50, 'mallory')
      done.push(result.ok ? 'mallory' : result.fault.kind)
    })
    const ann = pool.run(upperJob, 'a', 'ann').then(() => done.push('ann'))
    await Promise.all([...flood, ann])
    assert.equal(done.filter((name) => name === 'busy').length, 6, 'one runs, five wait')
    assert.ok(done.filter((name) => name !== 'busy').indexOf('ann') <= 2, done.join(' '))
  })

  it('answers `busy` to who waited too long', async () => {
    const hasty = createPool({ threads: 1, patience: 100 })
    const [long, short] = await Promise.all([hasty.run(spinJob, 300, 'ann'), hasty.run(upperJob, 'b', 'bob')])
    await hasty.close()
    assert.equal(long.ok, true)
    assert.deepEqual(short, { ok: false, fault: { kind: 'busy' } })
  })

  it('is closed while it works', async () => {
    const closing = createPool({ threads: 1 })
    const answers = [closing.run(spinJob, 60_000, 'ann'), closing.run(upperJob, 'b', 'bob')]
    await closing.close()
    for (const answer of await Promise.all(answers)) assert.deepEqual(answer, { ok: false, fault: { kind: 'busy' } })
    assert.deepEqual(await closing.run(upperJob, 'c', 'cid'), { ok: false, fault: { kind: 'busy' } })
  })
})
