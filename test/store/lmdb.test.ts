import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { prepare } from '../../lib/mime/prepare'
import { storeConformance } from '../../lib/store/conformance'
import { openLmdbStore } from '../../lib/store/lmdb'
import { NO_FLAGS } from '../../lib/terms/flags'
import { uid } from '../../lib/terms/numbers'

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))

storeConformance({ describe, it, before, after }, 'lmdb', () => openLmdbStore({ path: path.join(folder, 'store') }))

describe('lmdb: a snapshot of a large mailbox', () => {
  it('gives others turns, and is of one moment although they write', async function () {
    this.timeout(60_000)
    const store = await openLmdbStore({ path: path.join(folder, 'large') })
    try {
      const made = await store.accounts.create({ name: 'large', credentials: {} })
      assert.ok(made.ok)
      const { id } = made.value
      const inbox = await store.mailboxes.find(id, 'INBOX')
      assert.ok(inbox)
      const bytes = Buffer.from('Subject: x\r\n\r\n')
      const message = { bytes, prepared: prepare(bytes), flags: NO_FLAGS, internalDate: 0 }
      for (let count = 0; count < 45_000; count += 5000)
        assert.ok((await store.messages.append(id, inbox.id, Array(5000).fill(message))).ok)

      let turns = 0
      let done = false
      const count = (): void => {
        turns++
        if (!done) setImmediate(count)
      }
      setImmediate(count)
      // The first commits while the snapshot is being read, the second while it is being read again.
      const changed = (async () => {
        for (const one of [1, 2]) {
          assert.ok((await store.messages.expunge(id, inbox.id, [uid(one)], { only: 'all' })).ok)
          assert.ok((await store.messages.append(id, inbox.id, [message])).ok)
        }
      })()
      const snapshot = await store.messages.snapshot(id, inbox.id)
      done = true
      await changed
      assert.ok(turns >= 3, `${turns} turns`)
      assert.ok(snapshot)
      const { mailbox, uids, modSeqs } = snapshot
      assert.equal(uids.length, mailbox.messages)
      assert.equal(uids.at(-1), mailbox.uidNext - 1)
      assert.ok(uids.every((one, at) => at === 0 || one > (uids[at - 1] ?? 0)))
      assert.ok(modSeqs.every((one) => one <= mailbox.highestModSeq))
    } finally {
      await store.close()
    }
  })
})
