import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { descriptors, watchDescriptors } from '../../lib/work/descriptors'
import { eventually } from '../eventually'

describe('file descriptors', () => {
  it('are counted, where the kernel tells', function () {
    const before = descriptors()
    if (!before) return this.skip()
    const files = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'))
    const open = (descriptors()?.open ?? 0) - before.open
    for (const file of files) closeSync(file)
    assert.ok(open >= 15, `${open}`)
    assert.ok(before.limit >= 256)
  })

  it('are told of once when they run out', async () => {
    const told: string[] = []
    let found = { open: 10, limit: 100 }
    let looks = 0
    const look = () => {
      looks += 1
      return found
    }
    const stop = watchDescriptors((text) => told.push(text), look, 1)
    await eventually('looks', () => looks > 3 || undefined)
    assert.deepEqual(told, [])
    found = { open: 95, limit: 100 }
    await eventually('a line', () => told[0])
    const at = looks
    await eventually('more looks', () => looks > at + 3 || undefined)
    stop()
    assert.deepEqual(told.length, 1)
    assert.match(told[0] ?? '', /EMFILE\): 95 of 100 are open/)
  })
})
