import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { open } from 'lmdb'
import { add, named, newAccount, rowsOf, value } from '../../lib/store/conformance/fixtures'
import { openLmdbStore } from '../../lib/store/lmdb'

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))

it('lmdb: many messages are removed in several transactions, and of an account nothing stays in the file', async () => {
  const where = path.join(folder, 'removed')
  const store = await openLmdbStore({ path: where })
  const { id, inbox } = await newAccount(store, 'removed@example.org')
  const many = Array.from({ length: 250 }, (_, nth) => `message ${nth}`)
  await add(store, id, inbox, ...many)
  const big = value(await store.mailboxes.create(id, 'Big')).value
  await add(store, id, big, ...many)
  const { commit } = value(await store.mailboxes.remove(id, 'Big'))
  assert.deepEqual(
    commit.mailboxes.map(({ changes }) => changes.flatMap((one) => (one.kind === 'expunged' ? one.uids : [])).length),
    [100, 100],
  )
  value(await store.accounts.remove(id))
  await store.close()
  const root = open({ path: where, maxDbs: 20, noSubdir: false })
  try {
    const left = [...root.getKeys()].map(String).filter((name) => name !== 'names')
    assert.ok(left.length > 10)
    for (const name of left) assert.equal(root.openDB({ name, keyEncoding: 'binary' }).getKeysCount(), 0, name)
  } finally {
    await root.close()
  }
})

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
