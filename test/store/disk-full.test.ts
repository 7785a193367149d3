import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openEnvironment, settled } from '../../lib/processes/environment'
import { message, named, newAccount, rowsOf } from '../../lib/store/conformance/fixtures'
import { storeDriver } from '../../lib/store/drivers'
import { openTables } from '../../lib/store/lmdb/tables'
import { StoreUnavailable } from '../../lib/store/store'
import { Unavailable } from '../../lib/terms/errors'
import { silentLog } from '../../lib/terms/ports'
import type { NewCredential } from '../../lib/web/who/sessions'
import { openEmbeddedSessions } from '../../lib/web/who/sessions/embedded'
import { smallDisk } from '../disk'
import { run } from '../e2e/demo'
import { EMBEDDED } from '../stores'

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

describe('a disk that fills up', function () {
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
    const sessions = await openEmbeddedSessions({ path: path.join(folder, 'sessions'), log: silentLog })
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

  for (const driver of EMBEDDED) {
    it(`a store of ${driver} is not usable while the disk is full, and is when there is room again`, async () => {
      assert.ok(folder)
      const filler = path.join(folder, 'filler')
      const place = { folder: path.join(folder, `probed-${driver}`), ini: {}, log: silentLog }
      const store = await storeDriver(driver, '.').open(place)
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
        rmSync(place.folder, { recursive: true })
      }
    })

    it(`${driver}: every message has an answer; what was acknowledged is there, what was not is not`, async () => {
      assert.ok(folder)
      const filler = path.join(folder, 'filler')
      const place = { folder: path.join(folder, `mail-${driver}`), ini: {}, log: silentLog }
      const store = await storeDriver(driver, '.').open(place)
      const { id, inbox } = await newAccount(store, 'full@example.org')
      const acknowledged: string[] = []
      const append = async (text: string): Promise<unknown> => {
        const bytes = Buffer.alloc(50_000, `${text} `)
        const done = await store.messages.append(id, inbox.id, [{ ...message(text), bytes }]).catch((error) => error)
        if (done instanceof Error) return done
        acknowledged.push(text)
        return undefined
      }
      try {
        await append('before')
        writeFileSync(filler, Buffer.alloc(28 * 1024 * 1024))
        const refused: unknown[] = []
        for (let turn = 0; turn < 40 && refused.length === 0; turn++) {
          const answers = await Promise.all(Array.from({ length: 16 }, (_, nth) => append(`full ${turn} ${nth}`)))
          refused.push(...answers.filter((answer) => answer !== undefined))
        }
        assert.ok(refused.length > 0, 'the disk was not full')
        assert.ok(refused.every((error) => error instanceof StoreUnavailable))
        rmSync(filler)
        assert.equal(await append('after'), undefined)
        const rows = await rowsOf(store, id, await named(store, id, 'INBOX'))
        assert.deepEqual(rows.map((row) => row.prepared.preview).sort(), acknowledged.sort())
      } finally {
        rmSync(filler, { force: true })
        await store.close()
        rmSync(place.folder, { recursive: true })
      }
    })
  }

  it('lmdb: every write has an answer, those before the one that failed too; with room again it goes on', async () => {
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
