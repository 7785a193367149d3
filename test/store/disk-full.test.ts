import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { message, named, newAccount, rowsOf } from '../../lib/store/conformance/fixtures'
import { storeDriver } from '../../lib/store/drivers'
import { StoreUnavailable } from '../../lib/store/store'
import { Unavailable } from '../../lib/terms/errors'
import { silentLog } from '../../lib/terms/ports'
import type { NewCredential } from '../../lib/web/who/sessions'
import { openEmbeddedSessions } from '../../lib/web/who/sessions/embedded'
import { fillUp, smallDisk } from '../disk'
import { run } from '../e2e/demo'
import { EMBEDDED } from '../stores'

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

  it('a small file says that it cannot be used now', async () => {
    assert.ok(folder)
    const filler = path.join(folder, 'filler')
    const sessions = await openEmbeddedSessions({ path: path.join(folder, 'sessions'), log: silentLog })
    try {
      fillUp(filler)
      const label = 'x'.repeat(500_000)
      const given: NewCredential = {
        ...{ kind: 'session', account: 'a1', label, address: '127.0.0.1' },
        ...{ createdAt: 0, activeAt: 0, scopes: [], totp: false, epochs: [''] },
      }
      await assert.rejects(sessions.create(given), Unavailable)
      rmSync(filler)
      assert.ok((await sessions.create(given)).ok)
    } finally {
      rmSync(filler, { force: true })
      await sessions.close()
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
})
