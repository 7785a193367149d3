import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openTables } from '../../lib/store/lmdb/tables'
import { StoreUnavailable } from '../../lib/store/store'
import { smallDisk } from '../disk'
import { run } from '../e2e/demo'

describe('lmdb on a disk that fills up', function () {
  this.timeout(60_000)
  let folder: string | undefined
  before(async function () {
    folder = await smallDisk('40m')
    if (!folder) this.skip()
  })
  after(async () => {
    if (!folder) return
    await run('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  it('every write has an answer, those before the one that failed too; with room again it goes on', async () => {
    assert.ok(folder)
    const tables = openTables(path.join(folder, 'mail'))
    const filler = path.join(folder, 'filler')
    const key = (n: number): Buffer => Buffer.from(`key ${n}`)
    let written = 0
    try {
      for (let round = 0; round < 3; round++) {
        writeFileSync(filler, Buffer.alloc((24 - round) * 1024 * 1024))
        const answers: Promise<unknown>[] = []
        let failed = false
        for (let i = 0; i < 400 && !failed; i++) {
          const n = written++
          const octets = Buffer.alloc(20_000 + ((n * 7919) % 120_000), n & 255)
          const write = tables.write(() => void tables.bodies.put(key(n), octets))
          answers.push(
            write.then(
              () => 'written',
              (error: unknown) => {
                failed = true
                return error
              },
            ),
          )
          if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
        const got = await Promise.all(answers)
        const errors = got.filter((one) => one !== 'written')
        assert.ok(errors.length > 0, 'the disk was not full')
        assert.ok(errors.every((one) => one instanceof StoreUnavailable))
        rmSync(filler)
        const first = written - got.length
        for (const [at, answer] of got.entries()) {
          if (answer === 'written')
            assert.ok(tables.bodies.doesExist(key(first + at)), 'what was acknowledged is there')
        }
        await tables.write(() => {
          for (let n = first; n < written; n++) void tables.bodies.remove(key(n))
        })
      }
    } finally {
      await tables.close()
    }
  })
})
