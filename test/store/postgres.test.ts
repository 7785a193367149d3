import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { add, named, newAccount, rowsOf } from '../../lib/store/conformance/fixtures'
import type { Store } from '../../lib/store/store'
import { databaseOrSkip, openTestStore, programs, type TestDatabase } from '../postgres'

const run = promisify(execFile)

describe('the postgres driver', function () {
  this.timeout(60_000)
  let database: TestDatabase
  const open = (): Promise<Store> => openTestStore(database)

  before(async function () {
    const made = await databaseOrSkip()
    if (!made) return this.skip()
    database = made
  })
  after(() => database?.drop())

  it('eight hosts start at once on an empty database: the schema is made once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, open))
    assert.equal(stores.length, 8)
    await Promise.all(stores.map((store) => store.close()))
  })

  it('a server that takes no writes is not usable', async () => {
    const store = await open()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const name = client.escapeIdentifier(client.database ?? '')
    try {
      await store.usable()
      await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
      const other = await open()
      await assert.rejects(other.usable(), /takes no writes/).finally(() => other.close())
    } finally {
      await client.query('SET default_transaction_read_only = off')
      await client.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`)
      await client.end()
      await store.close()
    }
  })

  it('two hosts append to one mailbox: a UID is never seen after a higher one', async () => {
    const [one, two, reader] = await Promise.all([open(), open(), open()])
    const { id, inbox } = await newAccount(one, 'order@example.org')
    let done = false
    const writers = [one, two].flatMap((store) =>
      Array.from({ length: 4 }, async () => {
        for (let i = 0; i < 10; i++) await add(store, id, inbox, `m${i}`)
      }),
    )
    const all = Promise.all(writers).then(() => {
      done = true
    })
    let seen: number[] = []
    while (!done) {
      const snapshot = await reader.messages.snapshot(id, inbox.id)
      const now = [...(snapshot?.uids ?? [])]
      assert.deepEqual(now.slice(0, seen.length), seen, 'what was seen stays the beginning of what is seen')
      seen = now
    }
    await all
    assert.equal((await named(reader, id, 'INBOX')).messages, 80)
    assert.deepEqual(await reader.check(id), [])
    await Promise.all([one, two, reader].map((store) => store.close()))
  })

  it('connections killed all the time: every acknowledged message is there once, the store recovers by itself', async () => {
    const store = await open()
    const { id, inbox } = await newAccount(store, 'killed@example.org')
    const killer = new Client({ connectionString: database.url })
    await killer.connect()
    const acknowledged = new Map<number, string>()
    let refused = 0
    let done = false
    const writers = Promise.all(
      Array.from({ length: 4 }, async (_nothing, writer) => {
        for (let i = 0; i < 60; i++) {
          const text = `killed-${writer}-${i}`
          await add(store, id, inbox, text).then(
            ([uid]) => acknowledged.set(Number(uid), text),
            (error: Error) => {
              assert.equal(error.name, 'StoreUnavailable')
              refused++
            },
          )
        }
      }),
    ).then(() => {
      done = true
    })
    while (!done) {
      await killer.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await writers
    await killer.end()
    const previews = new Map<number, string>()
    const snapshot = await store.messages.snapshot(id, inbox.id)
    const uids = [...(snapshot?.uids ?? [])].map((value) => value as typeof inbox.uidNext)
    for await (const rows of store.messages.rows(id, inbox.id, uids)) {
      for (const row of rows) previews.set(row.uid, row.prepared.preview)
    }
    for (const [uid, text] of acknowledged) assert.equal(previews.get(uid), text)
    assert.equal(new Set(previews.values()).size, previews.size, 'a message is there twice')
    assert.ok(acknowledged.size + refused === 240 && acknowledged.size > 0)
    assert.deepEqual(await store.check(id), [])
    await store.close()
  })

  describe('serialization failures and deadlocks', () => {
    let client: Client
    let store: Store
    before(async () => {
      client = new Client({ connectionString: database.url })
      await client.connect()
      store = await open()
      // A sequence keeps its value when the transaction that asked is rolled back.
      await client.query(`CREATE SEQUENCE tries; CREATE TABLE wanted (failures int, code text);
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE one wanted; BEGIN
          SELECT * INTO one FROM wanted;
          IF nextval('tries') <= one.failures THEN RAISE EXCEPTION 'as wanted' USING ERRCODE = one.code; END IF;
          RETURN NEW;
        END $$`)
    })
    after(async () => {
      await store?.close()
      await client?.end()
    })
    const ROW = 'CREATE TRIGGER failing BEFORE UPDATE ON mailbox.mailboxes FOR EACH ROW EXECUTE FUNCTION fail()'
    const COMMIT = `CREATE CONSTRAINT TRIGGER failing AFTER UPDATE ON mailbox.mailboxes DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION fail()`

    for (const [code, where, trigger] of [
      ['40001', 'in a statement', ROW],
      ['40P01', 'in a statement', ROW],
      ['40001', 'at the commit', COMMIT],
    ] as const) {
      it(`${code} ${where}: tried again, done once; when it does not end, an error and nothing done`, async () => {
        const { id, inbox } = await newAccount(store, `c${code}${where.length}@example.org`.toLowerCase())
        await client.query(`TRUNCATE wanted; INSERT INTO wanted VALUES (2, '${code}'); ALTER SEQUENCE tries RESTART`)
        await client.query(trigger)
        try {
          assert.deepEqual(await add(store, id, inbox, 'twice refused'), [1])
          await client.query('UPDATE wanted SET failures = 1000000')
          await assert.rejects(add(store, id, inbox, 'always refused'), { name: 'StoreUnavailable' })
        } finally {
          await client.query('DROP TRIGGER failing ON mailbox.mailboxes')
        }
        assert.deepEqual(await add(store, id, inbox, 'after'), [2])
        assert.equal((await named(store, id, 'INBOX')).messages, 2)
        assert.deepEqual(await store.check(id), [])
      })
    }
  })

  it('pg_dump while mail comes in, restored elsewhere: one moment, whole, and no number is used again', async function () {
    const bin = programs()
    const other = bin === undefined ? undefined : await databaseOrSkip()
    if (bin === undefined || other === undefined) {
      console.log('      no pg_dump on this machine: skipped')
      return this.skip()
    }
    const [store, folder] = [await open(), mkdtempSync(path.join(tmpdir(), 'mailbox-dump-'))]
    try {
      const { id, inbox } = await newAccount(store, 'dumped@example.org')
      await add(store, id, inbox, 'before')
      let done = false
      const writer = (async () => {
        for (let i = 0; !done && i < 5000; i++) await add(store, id, inbox, `while ${i}`)
      })()
      const file = path.join(folder, 'mail.dump')
      try {
        await run(path.join(bin, 'pg_dump'), ['-Fc', '-n', 'mailbox', '-f', file, database.url])
      } finally {
        done = true
        await writer
      }
      await run(path.join(bin, 'pg_restore'), ['--exit-on-error', '-d', other.url, file])
      const restored = await openTestStore(other)
      try {
        for await (const account of restored.accounts.list()) assert.deepEqual(await restored.check(account.id), [])
        const [now, then] = [await named(store, id, 'INBOX'), await named(restored, id, 'INBOX')]
        assert.ok(then.messages >= 1 && then.messages <= now.messages)
        const theirs = await rowsOf(restored, id, then)
        assert.deepEqual(
          theirs.map((row) => [row.uid, row.uidl, row.emailId, row.prepared.preview]),
          (await rowsOf(store, id, now))
            .slice(0, theirs.length)
            .map((row) => [row.uid, row.uidl, row.emailId, row.prepared.preview]),
        )
        assert.deepEqual(await add(restored, id, then, 'after'), [then.uidNext])
        // docs/store.md: so that clients that saw later mail resynchronise
        const client = new Client({ connectionString: other.url })
        await client.connect()
        await client.query('UPDATE mailbox.mailboxes SET uid_validity = uid_validity + 1000000')
        await client.query('UPDATE mailbox.accounts SET last_uid_validity = last_uid_validity + 1000000')
        await client.end()
        assert.equal((await named(restored, id, 'INBOX')).uidValidity, then.uidValidity + 1_000_000)
        assert.deepEqual(await restored.check(id), [])
        const known = new Set<string>()
        for await (const account of restored.accounts.list()) known.add(account.id)
        const next = await newAccount(restored, 'next@example.org')
        assert.ok(!known.has(next.id))
      } finally {
        await restored.close()
      }
    } finally {
      await store.close()
      await other.drop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
