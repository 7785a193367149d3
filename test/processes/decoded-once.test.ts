import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { decodedOnce, openEnvironment } from '../../lib/processes/environment'

interface Record {
  readonly name: string
  readonly count: number
}

describe('records decoded once', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-decoded-'))
  const root = openEnvironment({ path: folder, maxDbs: 2 })
  const table = root.openDB<Record, string>({ name: 'records' })
  const read = decodedOnce(table)
  after(async () => {
    await root.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives the same object until the octets change, and nothing when it is gone', async () => {
    await table.put('a', { name: 'one', count: 1 })
    const first = read('a')
    assert.deepEqual(first, { name: 'one', count: 1 })
    assert.equal(read('a'), first)
    await table.put('a', { name: 'one', count: 2 })
    root.resetReadTxn()
    assert.deepEqual(read('a'), { name: 'one', count: 2 })
    await table.put('a', { name: 'one and more', count: 2 })
    root.resetReadTxn()
    assert.deepEqual(read('a'), { name: 'one and more', count: 2 })
    await table.remove('a')
    root.resetReadTxn()
    assert.equal(read('a'), undefined)
    assert.equal(read('never'), undefined)
  })
  it('forgets what a transaction wrote that was rolled back', async () => {
    await table.put('b', { name: 'kept', count: 1 })
    const undone = root.childTransaction(() => {
      void table.put('b', { name: 'undone', count: 9 })
      assert.deepEqual(read('b'), { name: 'undone', count: 9 })
      throw new Error('undo')
    })
    await assert.rejects(undone, /undo/)
    root.resetReadTxn()
    assert.deepEqual(read('b'), { name: 'kept', count: 1 })
  })
  it('reads values of any size', async () => {
    const big = { name: 'x'.repeat(200_000), count: 1 }
    await table.put('c', big)
    root.resetReadTxn()
    assert.deepEqual(read('c'), big)
    assert.equal(read('c'), read('c'))
    assert.equal(read('b')?.name, 'kept')
  })
})
