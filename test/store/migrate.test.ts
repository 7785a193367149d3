import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { openRendezvous } from '../../lib/processes/rendezvous'
import { maildropOf, message, named, newAccount, rowsOf, value } from '../../lib/store/conformance/fixtures'
import { storeDriver } from '../../lib/store/drivers'
import type { Store } from '../../lib/store/store'
import { ok } from '../../lib/terms/fault'
import { flagSet } from '../../lib/terms/flags'
import { modSeq, uid, uidValidity } from '../../lib/terms/numbers'
import { silentLog } from '../../lib/terms/ports'
import { cli } from '../e2e/demo'
import { databaseOrSkip, openTestStore, type TestDatabase } from '../postgres'
import { EMBEDDED } from '../stores'

const MANY = 1200
const MARK = { what: 'something', at: 1_800_000_000_000, until: 1_900_000_000_000 }

/** All that a client or an administrator can see of a store, octets included. */
async function everything(store: Store): Promise<unknown> {
  const seen: unknown[] = []
  for await (const account of store.accounts.list()) {
    const { id } = account
    assert.deepEqual(await store.check(id), [])
    seen.push({ ...account }, await store.accounts.usage(id), [...(await store.subscriptions.list(id))].sort())
    for (const name of await store.scripts.list(id)) seen.push(name, await store.scripts.get(id, name))
    seen.push(await store.marks.has(id, MARK))
    for (const mailbox of await store.mailboxes.list(id)) {
      const rows = await rowsOf(store, id, mailbox)
      const octets: (string | undefined)[] = []
      for (const { emailId, size } of rows) {
        octets.push((await store.messages.read(id, emailId, 0, size))?.toString('base64'))
      }
      const plain = rows.map(({ uid, flags, modSeq, internalDate, saveDate, emailId, threadId, uidl, prepared }) => {
        const { structure, keys, preview, envelope, bodyStructure, body, size, headerSize } = prepared
        const blobs = [envelope, bodyStructure, body].map(String)
        const row = { uid, modSeq, internalDate, saveDate, emailId, threadId, uidl }
        return { ...row, flags: flags.names, structure, keys: JSON.stringify(keys), preview, blobs, size, headerSize }
      })
      const changes = await store.messages.changesSince(id, mailbox.id, modSeq(1))
      const expunged = await store.messages.expungedSince(id, mailbox.id, modSeq(1))
      seen.push({ ...mailbox, specialUse: [...mailbox.specialUse].sort() }, plain, octets, expunged, changes?.modSeq)
      seen.push(await maildropOf(store, id, mailbox))
    }
    for await (const page of store.bin?.list(id) ?? []) {
      seen.push(page.map(({ flags, keys, ...binned }) => ({ ...binned, flags: flags.names, subject: keys.subject })))
    }
    seen.push(await store.bin?.usage(id))
  }
  for await (const removed of store.bin?.accounts.list() ?? []) seen.push(removed)
  return JSON.parse(JSON.stringify(seen))
}

/** One account with something of all that a store keeps, and one with many messages. */
async function fill(store: Store): Promise<void> {
  value(await store.accounts.create({ name: 'gone@example.org', credentials: {} }))
  const { id, inbox } = await newAccount(store, 'alice@example.org')
  const gone = await store.accounts.find('gone@example.org')
  assert.ok(gone)
  value(await store.accounts.remove(gone.id))
  const scram = { 'SCRAM-SHA-256': '4096,salt,stored,server' }
  const credentials = { password: '{ARGON2ID}$argon2id$v=19$x', scram, totp: 'JBSWY3DPEHPK3PXP' }
  value(
    await store.accounts.update(id, () =>
      ok({ credentials, quotaBytes: 5e9, overrides: { 'lock.mode': 'pop3' }, admin: true }),
    ),
  )
  const numbers = {
    uidValidity: uidValidity(4711),
    uidNext: uid(100),
    subscribed: true,
    specialUse: ['\\Sent' as const],
  }
  value(await store.mailboxes.create(id, 'Gesendet/Größe', numbers))
  value(await store.subscriptions.set(id, 'was/there', true))
  const sent = await named(store, id, 'Gesendet/Größe')
  const texts = [
    message('one', { messageId: '<1@x>', uidl: 'old-uidl-1', uid: uid(150), flags: ['\\Seen', '$Forwarded', 'Größe'] }),
    message('two\ud83d', { messageId: '<2@x>', inReplyTo: '<1@x>', flags: ['\\Deleted'] }),
    { ...message('large'), bytes: Buffer.alloc(3_000_001, 'line of text\r\n') },
  ].map((one) => ({ ...one, prepared: { ...one.prepared, size: one.bytes.length } }))
  value(await store.messages.append(id, sent.id, texts))
  value(await store.messages.copy(id, sent.id, [uid(150), uid(152)], inbox.id))
  value(await store.messages.storeFlags(id, inbox.id, [uid(1)], 'add', flagSet(['\\Answered'])))
  value(await store.messages.expunge(id, sent.id, [uid(151)], { only: 'all' }))
  value(await store.messages.expunge(id, inbox.id, [uid(2)], { only: 'all', bin: { time: 1e9, octets: 1e9 } }))
  const mistake = await newAccount(store, 'mistake@example.org')
  value(await store.messages.append(mistake.id, mistake.inbox.id, [message('kept')]))
  assert.ok((await store.bin?.accounts.put(mistake.id, 1e9))?.ok)
  await store.mailboxes.claimRecent(id, inbox.id)
  assert.equal(await store.scripts.put(id, 'Größe', 'keep; # ü'), undefined)
  assert.equal(await store.scripts.put(id, 'main', 'stop;'), undefined)
  assert.equal(await store.scripts.activate(id, 'main'), undefined)
  assert.equal(await store.marks.set(id, MARK), true)
  const many = await newAccount(store, 'many@example.org')
  const list = Array.from({ length: MANY }, (_one, i) => message(`m${i}`, { messageId: `<many-${i}@x>` }))
  value(await store.messages.append(many.id, many.inbox.id, list))
}

for (const driver of EMBEDDED) {
  describe(`migrate ${driver}`, function () {
    this.timeout(60_000)
    let database: TestDatabase
    let home: string
    const mail = (): string => path.join(home, 'mailbox-data/mail')
    const words = (from: string, to: string): string[] => ['migrate', '--home', home, '--from', from, '--to', to]

    before(async function () {
      const made = await databaseOrSkip()
      if (!made) return this.skip()
      database = made
      home = mkdtempSync(path.join(tmpdir(), 'mailbox-migrate-'))
      mkdirSync(path.join(home, 'config'))
      writeFileSync(path.join(home, 'config/plugins'), 'mailbox/store\n')
      writeFileSync(path.join(home, 'config/mailbox_store.ini'), `[postgres]\nurl = ${database.url}\n`)
      const store = await storeDriver(driver, '.').open({ folder: mail(), ini: {}, log: silentLog })
      await fill(store)
      await store.close()
    })
    after(async () => {
      if (home) rmSync(home, { recursive: true, force: true })
      await database?.drop()
    })

    /** Killed when the first account is there; then run again to its end. */
    async function killedAndAgain(from: string, to: string): Promise<string> {
      const main = path.join(packageRoot, 'dist/lib/cli/main.js')
      const child = spawn(process.execPath, [main, ...words(from, to)], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      assert.deepEqual(await ended, [null, 'SIGKILL'])
      assert.ok(existsSync(path.join(home, 'mailbox-data/migrate.json')), 'it was faster than the kill')
      const again = await cli(words(from, to))
      assert.equal(again.code, 0, again.stderr)
      return again.stdout
    }

    async function seen(open: () => Promise<Store>): Promise<unknown> {
      const store = await open()
      try {
        return await everything(store)
      } finally {
        await store.close()
      }
    }
    const onPostgres = (): Promise<Store> => openTestStore(database)
    const onDisk = (): Promise<Store> => storeDriver(driver, '.').open({ folder: mail(), ini: {}, log: silentLog })

    it('refuses while somebody has one of the stores open, or Haraka answers', async () => {
      const meeting = await openRendezvous(path.join(home, 'mailbox-data/bus'), (socket) => socket.destroy())
      const first = await cli(words(driver, 'postgres'))
      meeting.close()
      assert.match(first.stderr, /^Haraka is running: stop Haraka on all hosts first/)
      for (const [open, reason] of [
        [onDisk, new RegExp(`^the ${driver} store is in use by process ${process.pid}`)],
        [onPostgres, /^the postgres store is in use by a connection from .* \(backend \d+\)/],
      ] as const) {
        const store = await open()
        await store.accounts.find('alice@example.org')
        const refused = await cli(words(driver, 'postgres'))
        await store.close()
        assert.equal(refused.code, 1)
        assert.match(refused.stderr, reason)
      }
    })

    it('to postgres, killed in the middle: all is the same, and so are the next numbers', async () => {
      const before = await seen(onDisk)
      const output = await killedAndAgain(driver, 'postgres')
      assert.match(output, /^alice@example.org: was there, 3 mailboxes, 2 messages, \d+ octets, SHA-256 [0-9a-f]{64}$/m)
      assert.match(output, new RegExp(`^many@example.org: copied, 1 mailbox, ${MANY} messages`, 'm'))
      assert.match(output, /^3 accounts, 1203 messages, \d+ octets: counts and SHA-256 agree$/m)
      assert.deepEqual(await seen(onPostgres), before)
    })

    it('fills no store that has accounts', async () => {
      const refused = await cli(words(driver, 'postgres'))
      assert.match(refused.stderr, /^the postgres store has accounts already/)
      assert.equal(refused.code, 1)
    })

    it('and back, after mail came in, killed in the middle', async () => {
      renameSync(mail(), `${mail()}.old`)
      const store = await onPostgres()
      const alice = await store.accounts.find('alice@example.org')
      assert.ok(alice)
      const inbox = await named(store, alice.id, 'INBOX')
      value(await store.messages.append(alice.id, inbox.id, [message('new', { inReplyTo: '<1@x>' })]))
      const { id } = value(await store.accounts.create({ name: 'zoe@example.org', credentials: {} }))
      assert.equal(id, 'A5', 'no number of an account is used again')
      const before = await everything(store)
      await store.close()
      const output = await killedAndAgain('postgres', driver)
      assert.match(output, /^4 accounts, 1204 messages, \d+ octets: counts and SHA-256 agree$/m)
      assert.deepEqual(await seen(onDisk), before)
    })

    it('what an interrupted run left is no longer right: it is copied again', async () => {
      renameSync(mail(), `${mail()}.older`)
      const main = path.join(packageRoot, 'dist/lib/cli/main.js')
      const child = spawn(process.execPath, [main, ...words('postgres', driver)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = once(child, 'exit')
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await ended
      const store = await onPostgres()
      const [alice, zoe] = [
        await store.accounts.find('alice@example.org'),
        await store.accounts.find('zoe@example.org'),
      ]
      assert.ok(alice && zoe)
      const inbox = await named(store, alice.id, 'INBOX')
      value(await store.messages.expunge(alice.id, inbox.id, [uid(1)], { only: 'all' }))
      value(await store.accounts.remove(zoe.id))
      const before = await everything(store)
      await store.close()
      const again = await cli(words('postgres', driver))
      assert.equal(again.code, 0, again.stderr)
      assert.match(again.stdout, /^alice@example.org: copied/m)
      assert.deepEqual(await seen(onDisk), before)
    })
  })
}
