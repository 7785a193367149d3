import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { storeConformance } from '../../lib/store/conformance'
import { add, named, newAccount, rowsOf } from '../../lib/store/conformance/fixtures'
import { openLmdbStore } from '../../lib/store/lmdb'

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))

storeConformance({ describe, it, before, after }, 'lmdb', () => openLmdbStore({ path: path.join(folder, 'store') }))

it('lmdb: a backup while mail comes in is one moment, whole; what is opened from it goes on with the next UID', async () => {
  const store = await openLmdbStore({ path: path.join(folder, 'busy') })
  const { id, inbox } = await newAccount(store, 'copied@example.org')
  for (let i = 0; i < 50; i++) await add(store, id, inbox, `before ${i}`)
  let done = false
  let during = 0
  const writers = Promise.all(
    Array.from({ length: 4 }, async (_nothing, writer) => {
      for (; !done; during++) await add(store, id, inbox, `${writer} ${during}`)
    }),
  )
  const copy = path.join(folder, 'copy')
  mkdirSync(copy)
  assert.ok(store.backup)
  try {
    await store.backup(copy)
  } finally {
    done = true
    await writers
  }
  const restored = await openLmdbStore({ path: copy })
  try {
    assert.deepEqual(await restored.check(id), [])
    const then = await named(restored, id, 'INBOX')
    const now = await named(store, id, 'INBOX')
    assert.ok(then.messages >= 50 && then.messages <= now.messages)
    assert.equal(then.uidValidity, now.uidValidity)
    const before = (await rowsOf(store, id, now)).slice(0, then.messages)
    assert.deepEqual(
      (await rowsOf(restored, id, then)).map((row) => [row.uid, row.uidl, row.emailId, row.prepared.preview]),
      before.map((row) => [row.uid, row.uidl, row.emailId, row.prepared.preview]),
    )
    assert.deepEqual(await add(restored, id, then, 'after'), [then.uidNext])
  } finally {
    await Promise.all([restored.close(), store.close()])
  }
})
