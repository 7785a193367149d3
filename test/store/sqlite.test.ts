import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { add, message, named, newAccount, rowsOf, value } from '../../lib/store/conformance/fixtures'
import { LOG_LENGTH, TRIM_EVERY } from '../../lib/store/limits'
import { sqliteDriver } from '../../lib/store/sqlite/driver'
import { openMail } from '../../lib/store/sqlite/mail'
import { StoreUnavailable } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import { emailId } from '../../lib/terms/names'
import { modSeq } from '../../lib/terms/numbers'
import { silentLog } from '../../lib/terms/ports'

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const open = (name: string, flagsDurable = false) =>
  sqliteDriver.open({ folder: path.join(folder, name), ini: {}, flagsDurable, log: silentLog })

it('sqlite: many messages are removed in several transactions, and of an account nothing stays in the file', async () => {
  const store = await open('removed')
  const { id, inbox } = await newAccount(store, 'removed@example.org')
  const many = Array.from({ length: 250 }, (_, nth) => `message ${nth}`)
  const uids = await add(store, id, inbox, ...many)
  const big = value(await store.mailboxes.create(id, 'Big')).value
  await add(store, id, big, ...many)
  const long = { ...message('long', { messageId: '<long@x>' }), bytes: Buffer.alloc(300_000, 'x') }
  value(await store.messages.append(id, big.id, [long]))
  value(await store.messages.copy(id, inbox.id, uids.slice(0, 3), big.id))
  value(await store.messages.copy(id, inbox.id, uids.slice(0, 1), big.id))
  await store.marks.set(id, { what: 'this', at: 0, until: 1 })
  const { commit } = value(await store.mailboxes.remove(id, 'Big'))
  assert.deepEqual(
    commit.mailboxes.map(({ changes }) => changes.flatMap((one) => (one.kind === 'expunged' ? one.uids : [])).length),
    [100, 100],
  )
  value(await store.accounts.remove(id))
  await store.close()
  const mail = await openMail(path.join(folder, 'removed'))
  try {
    const tables = mail.read.columns<[string]>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sqlite_sequence', 'gone')",
    )
    assert.ok(tables.length > 8)
    for (const [table] of tables) assert.deepEqual(mail.read.all(`SELECT * FROM ${table}`), [], table)
    // For the text index: that there was such an account.
    assert.deepEqual(mail.read.columns('SELECT id FROM gone'), [[2 ** 32]])
  } finally {
    await mail.close()
  }
})

it('sqlite: of what is erased from the recycle bin no octets are in the files any more', async () => {
  const store = await open('erased')
  const { bin } = store
  assert.ok(bin)
  const { id, inbox } = await newAccount(store, 'erased@example.org')
  const files = (): string[] =>
    readdirSync(path.join(folder, 'erased')).flatMap((name) =>
      /^mail.sqlite(-wal)?$/.test(name) ? [path.join(folder, 'erased', name)] : [],
    )
  // By another process: closing a descriptor of the file would take away the locks that this one holds.
  const has = (text: string): boolean => execFileSync('cat', files(), { maxBuffer: 1e8 }).includes(text)
  // Small ones lie in the row, others in pages of their own, large ones in chunks.
  const bodies = [20, 3000, 30_000, 300_000].map((length, nth) => `begin${nth}${'x'.repeat(length)}secret${nth}`)
  for (const body of bodies) {
    await add(store, id, inbox, 'before')
    value(await store.messages.append(id, inbox.id, [{ ...message('m'), bytes: Buffer.from(body) }]))
  }
  const all = await rowsOf(store, id, inbox)
  const [shown, ...secrets] = all.filter(({ size }) => size > 30).map((row) => row.uid)
  assert.ok(shown && secrets.length === 3)
  const options = { only: 'all', bin: { time: 1e9, octets: 1e9 } } as const
  value(await store.messages.expunge(id, inbox.id, [shown, ...secrets], options))
  for (const nth of [0, 1, 2, 3]) assert.ok(has(`secret${nth}`), `${nth} was there`)
  const erased = await bin.erase(id, 'all')
  assert.equal(erased.messages, 4)
  assert.match(erased.disk, /its log is empty$/)
  for (const nth of [0, 1, 2, 3]) assert.ok(!has(`secret${nth}`) && !has(`begin${nth}`), `${nth} is there`)
  assert.ok(has('before'))
  await store.close()
})

it('sqlite: what was visible is on the disk when the store is closed, as is what is durable', async () => {
  for (const flagsDurable of [false, true]) {
    const store = await open(`flags ${flagsDurable}`, flagsDurable)
    const { id, inbox } = await newAccount(store, 'flags@example.org')
    const uids = await add(store, id, inbox, 'a', 'b', 'c')
    value(await store.messages.storeFlags(id, inbox.id, uids, 'add', flagSet(['\\Seen'])))
    value(await store.messages.storeFlags(id, inbox.id, uids.slice(1), 'add', flagSet(['\\Deleted'])))
    value(await store.messages.expunge(id, inbox.id, uids, { only: 'deleted' }))
    await store.close()
    const again = await open(`flags ${flagsDurable}`, flagsDurable)
    const rows = await rowsOf(again, id, await named(again, id, 'INBOX'))
    assert.deepEqual(
      rows.map((row) => [row.uid, row.flags.wire]),
      [[1, '(\\Seen)']],
    )
    await again.close()
  }
})

it('sqlite: a message of no octets is one', async () => {
  const store = await open('empty')
  const { id, inbox } = await newAccount(store, 'empty@example.org')
  const bytes = Buffer.alloc(0)
  const nothing = { ...message(''), bytes, prepared: { ...message('').prepared, size: 0 } }
  value(await store.messages.append(id, inbox.id, [nothing]))
  const [row] = await rowsOf(store, id, inbox)
  assert.ok(row)
  assert.deepEqual(await store.messages.read(id, row.emailId, 0, 10), bytes)
  assert.deepEqual(await store.check(id), [])
  await store.close()
})

it('sqlite: a number too high is nobody’s message, and not that of the next account', async () => {
  const store = await open('numbers')
  const { id } = await newAccount(store, 'one@example.org')
  const next = await newAccount(store, 'two@example.org')
  await add(store, next.id, next.inbox, 'secret')
  assert.equal(await store.messages.read(id, emailId(`E1-${(2 ** 32 + 1).toString(36)}`), 0, 10), undefined)
  await store.close()
})

it('sqlite: the log of a mailbox is shortened', async () => {
  const store = await open('log')
  const { id, inbox } = await newAccount(store, 'log@example.org')
  const uids = await add(store, id, inbox, 'a')
  const seen = flagSet(['\\Seen'])
  const turns = LOG_LENGTH + 2 * TRIM_EVERY
  for (let turn = 0; turn < turns; turn++) {
    value(await store.messages.storeFlags(id, inbox.id, uids, turn % 2 ? 'remove' : 'add', seen))
  }
  const last = (await named(store, id, 'INBOX')).highestModSeq
  assert.equal(last, inbox.highestModSeq + 1 + turns)
  assert.equal(await store.messages.expungedSince(id, inbox.id, inbox.highestModSeq), undefined)
  assert.deepEqual(await store.messages.expungedSince(id, inbox.id, modSeq(last - LOG_LENGTH)), [])
  assert.deepEqual(await store.check(id), [])
  await store.close()
  const mail = await openMail(path.join(folder, 'log'))
  const [rows] = mail.read.columns<[number]>('SELECT count(*) FROM changes')
  assert.ok((rows?.[0] ?? 0) <= LOG_LENGTH + TRIM_EVERY, String(rows))
  await mail.close()
})

it('sqlite: a file that is damaged is a store that cannot be used, by its name', async () => {
  const store = await open('damaged')
  await store.close()
  writeFileSync(path.join(folder, 'damaged', 'mail.sqlite'), Buffer.alloc(100_000))
  await assert.rejects(open('damaged'), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable)
    assert.match(error.message, /mail\.sqlite is damaged/)
    return true
  })
  await assert.rejects(store.accounts.find('a@example.org'), StoreUnavailable, 'it is closed')
  await assert.rejects(store.accounts.create({ name: 'a@example.org', credentials: {} }), StoreUnavailable)
})

it('sqlite: a store whose file cannot be written is not usable, and is when it can', async () => {
  const store = await open('probed')
  const at = path.join(folder, 'probed')
  const files = readdirSync(at).filter((name) => name.endsWith('.sqlite'))
  assert.ok(files.length > 0, readdirSync(at).join())
  try {
    await store.usable()
    for (const file of files) renameSync(path.join(at, file), path.join(at, `${file}.away`))
    await assert.rejects(store.usable(), /the mail store cannot be written: ENOENT/)
    for (const file of files) renameSync(path.join(at, `${file}.away`), path.join(at, file))
    await store.usable()
  } finally {
    await store.close()
  }
})
