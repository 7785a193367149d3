import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openEnvironment, settled } from '../../lib/processes/environment'
import { openLmdbStore } from '../../lib/store/lmdb'
import { openTables } from '../../lib/store/lmdb/tables'
import { StoreUnavailable } from '../../lib/store/store'
import { Unavailable } from '../../lib/terms/errors'
import type { NewCredential } from '../../lib/web/who/sessions'
import { openEmbeddedSessions } from '../../lib/web/who/sessions/embedded'
import { smallDisk } from '../disk'
import { run } from '../e2e/demo'

/** Takes all octets that are free. */
function fillUp(filler: string): void {
  for (let size = 1024 ** 2; size >= 4096; ) {
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
    } catch {
      size /= 2
    }
  }
}

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

  it('a small environment says that it cannot be used now, and a bug in a transaction stays a bug', async () => {
    assert.ok(folder)
    const filler = path.join(folder, 'filler')
    const sessions = openEmbeddedSessions({ path: path.join(folder, 'sessions') })
    const environment = openEnvironment({ path: path.join(folder, 'environment') })
    try {
      fillUp(filler)
      const label = 'x'.repeat(500_000)
      const given: NewCredential = {
        ...{ kind: 'session', account: 'a1', label, address: '127.0.0.1' },
        ...{ createdAt: 0, activeAt: 0, scopes: [], totp: false, epochs: [''] },
      }
      await assert.rejects(sessions.create(given), Unavailable)
      const bug = new TypeError('a bug')
      const write = environment.transaction(() => {
        throw bug
      })
      await assert.rejects(settled(write), bug)
      rmSync(filler)
      assert.ok((await sessions.create(given)).ok)
    } finally {
      rmSync(filler, { force: true })
      await sessions.close()
      await environment.close()
    }
  })

  it('a store is not usable while the disk is full, and is when there is room again', async () => {
    assert.ok(folder)
    const filler = path.join(folder, 'filler')
    const store = await openLmdbStore({ path: path.join(folder, 'probed') })
    try {
      await store.usable()
      fillUp(filler)
      await assert.rejects(store.usable(), StoreUnavailable)
      const overrides = { long: 'x'.repeat(500_000) }
      await assert.rejects(
        store.accounts.create({ name: 'a@example.org', credentials: {}, overrides }),
        StoreUnavailable,
      )
      rmSync(filler)
      await assert.rejects(store.usable(), StoreUnavailable, 'the last write failed')
      assert.ok((await store.accounts.create({ name: 'a@example.org', credentials: {}, overrides })).ok)
      await store.usable()
    } finally {
      rmSync(filler, { force: true })
      await store.close()
    }
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
