import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { exportMaildir } from '../../lib/export/maildir'
import { exportMbox } from '../../lib/export/mbox'
import { emlSource } from '../../lib/import/eml'
import { createImport, type ImportOptions } from '../../lib/import/import'
import { maildirSource } from '../../lib/import/maildir/source'
import { mboxSource } from '../../lib/import/mbox/source'
import type { Source } from '../../lib/import/source'
import { prepare } from '../../lib/mime/prepare'
import { maildropOf } from '../../lib/store/conformance/fixtures'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Store } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { uid, uidValidity } from '../../lib/terms/numbers'
import { value } from '../mailbox/room'

const everything = () => true
const options: ImportOptions = { dryRun: false, verify: 'all' }

describe('import and export', function () {
  this.timeout(20_000)
  let folder: string
  let store: Store
  let count = 0
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-import-'))
    store = await openSqliteStore({ path: path.join(folder, 'store') })
  })
  after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const account = async (): Promise<AccountId> =>
    value(await store.accounts.create({ name: `u${++count}@example.org`, credentials: {} })).id
  const bring = (id: AccountId, source: Source, more = {}) =>
    createImport({ store, prepare })(id, source, { ...options, ...more })

  /** All that a client can see of an account. */
  async function seen(id: AccountId): Promise<unknown> {
    const mailboxes: unknown[] = []
    for (const mailbox of await store.mailboxes.list(id)) {
      const uidls = (await maildropOf(store, id, mailbox)).map(({ uidl }) => uidl)
      const snapshot = await store.messages.snapshot(id, mailbox.id)
      const messages: unknown[] = []
      for await (const rows of store.messages.rows(id, mailbox.id, [...(snapshot?.uids ?? [])].map(uid))) {
        for (const row of rows) {
          const octets = await store.messages.read(id, row.emailId, 0, row.size)
          const hash = createHash('sha256')
            .update(octets ?? '')
            .digest('hex')
          messages.push([row.uid, row.flags.wire, Math.floor(row.internalDate / 1000), uidls[messages.length], hash])
        }
      }
      const { name, uidValidity: validity, uidNext, subscribed } = mailbox
      mailboxes.push({ name, validity, uidNext, subscribed, messages })
    }
    return { mailboxes, subscriptions: await store.subscriptions.list(id) }
  }

  async function filled(): Promise<AccountId> {
    const id = await account()
    const add = async (name: string, texts: readonly string[], flags: readonly string[][]) => {
      const mailbox = (await store.mailboxes.find(id, name)) ?? value(await store.mailboxes.create(id, name)).value
      const messages = texts.map((text, index) => {
        const bytes = Buffer.from(text, 'latin1')
        const internalDate = 1_600_000_000_000 + index * 86_400_000
        return { bytes, prepared: prepare(bytes), flags: flagSet(flags[index] ?? []), internalDate }
      })
      value(await store.messages.append(id, mailbox.id, messages))
      return mailbox
    }
    const body = 'From here\r\n>From there\r\n\r\nFrom x Mon Jan  1 00:00:00 2024\r\n.\r\n\xe4\xff\r\n'
    const inbox = await add(
      'INBOX',
      ['a', 'b', 'c'].map((one) => `Return-Path: <s@example.net>\r\nSubject: ${one}\r\n\r\n${body}`),
      [['\\Seen', 'Work', '$Forwarded'], [], ['\\Flagged', '\\Answered', '\\Draft', '\\Deleted', '$Junk']],
    )
    value(await store.messages.expunge(id, inbox.id, [uid(2)], { only: 'all' }))
    await add('Sent/2024.old', ['Subject: sent\r\n\r\n\r\n'], [['\\Seen']])
    await add('Entwürfe & mehr', ['Subject: x\r\n\r\n1\r\n', 'Subject: y\r\n\r\n2\r\n'], [['\\Draft'], []])
    // The last UID was given away and taken back.
    const gone = await add('Gone', ['Subject: x\r\n\r\n1\r\n', 'Subject: y\r\n\r\n2\r\n'], [])
    value(await store.messages.expunge(id, gone.id, [uid(2)], { only: 'all' }))
    value(await store.subscriptions.set(id, 'Sent/2024.old', true))
    return id
  }

  it('Maildir: out and in again is the same account, for every client', async () => {
    const id = await filled()
    const root = path.join(folder, 'maildir')
    mkdirSync(root)
    await exportMaildir(store, id, root, everything)
    const copy = await account()
    const reports = await bring(copy, maildirSource(root))
    assert.deepEqual(
      reports.flatMap(({ problems }) => problems),
      [],
    )
    assert.ok(reports.every(({ uids }) => uids.kind === 'kept'))
    assert.deepEqual(await seen(copy), await seen(id))
    assert.deepEqual(await store.check(copy), [])
    // Again: nothing is added; a message that came meanwhile is the only one.
    assert.equal(
      (await bring(copy, maildirSource(root))).reduce((sum, { added }) => sum + added, 0),
      0,
    )
    writeFileSync(path.join(root, 'new', '1700000000.X.host'), 'Subject: late\n\nlate\n')
    assert.equal(
      (await bring(copy, maildirSource(root))).reduce((sum, { added }) => sum + added, 0),
      1,
    )
    await assert.rejects(exportMaildir(store, id, root, everything), /already/)
  })

  it('mbox: out and in again keeps UIDs, UIDLs, flags, dates and octets', async () => {
    const id = await filled()
    const root = path.join(folder, 'mbox')
    await exportMbox(store, id, root, ({ messages }) => messages > 0)
    const copy = await account()
    const reports = await bring(copy, mboxSource(root, 'INBOX'))
    assert.deepEqual(
      reports.flatMap(({ problems }) => problems),
      [],
    )
    const plain = async (one: AccountId) =>
      JSON.stringify(await seen(one))
        .replace(/"subscribed":(true|false)|"subscriptions":\[.*\]/g, '')
        .replace(/\{"name":"Sent","validity":\d+[^}]*\}/g, '')
    assert.equal(await plain(copy), await plain(id))
  })

  it('a message in an mbox is what it was, whatever it holds', async () => {
    const line = fc.oneof(
      fc.constantFrom('', 'From a', '>From b', '>>From c', 'From x Mon Jan  1 00:00:00 2024', '.', ' x'),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, '')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (bodies) => {
        const id = await account()
        const inbox = await store.mailboxes.find(id, 'INBOX')
        assert.ok(inbox)
        const texts = bodies.map((lines) =>
          Buffer.from(`Subject: p\r\n\r\n${lines.map((one) => `${one}\r\n`).join('')}`),
        )
        const messages = texts.map((bytes) => ({
          bytes,
          prepared: prepare(bytes),
          flags: flagSet([]),
          internalDate: 0,
        }))
        value(await store.messages.append(id, inbox.id, messages))
        const root = path.join(folder, `p${count}`)
        await exportMbox(store, id, root, everything)
        const got: string[] = []
        for await (const mailbox of mboxSource(root, 'INBOX').mailboxes()) {
          for await (const message of mailbox.messages(1)) got.push(String(await message.read()))
        }
        assert.deepEqual(got, texts.map(String))
      }),
      { numRuns: 25 },
    )
  })

  it('a mailbox that has had mail gets new UIDs, and is told so; what was brought is not brought twice', async () => {
    const id = await account()
    const inbox = value(await store.mailboxes.create(id, 'INBOX', { uidValidity: uidValidity(4242) })).value
    const bytes = Buffer.from('Subject: mine\r\n\r\n\r\n')
    value(
      await store.messages.append(id, inbox.id, [
        { bytes, prepared: prepare(bytes), flags: flagSet([]), internalDate: 0 },
      ]),
    )
    const other = await filled()
    const root = path.join(folder, 'merge')
    mkdirSync(root)
    await exportMaildir(store, other, root, ({ name }) => name === 'INBOX')
    const [report] = await bring(id, maildirSource(root))
    assert.equal(report?.uids.kind === 'new' && /UIDVALIDITY/.test(report.uids.why), true)
    assert.deepEqual([report?.added, report?.problems], [2, []])
    assert.deepEqual(
      (await bring(id, maildirSource(root))).map(({ added }) => added),
      [0],
    )
    assert.equal((await store.mailboxes.find(id, 'INBOX'))?.uidValidity, inbox.uidValidity)
  })

  it('mailboxes of the same second and so of the same UIDVALIDITY are told apart: nothing is taken for brought', async () => {
    const make = (label: string, count_: number): Source => {
      const messages = Array.from({ length: count_ }, (_, index) => ({
        label: `${label} ${index + 1}`,
        uid: uid(index + 1),
        uidl: `0000000${index + 1}65f00000`,
        flags: [],
        internalDate: 1_600_000_000_000,
        // The first message is the same for all: a welcome.
        read: async () => Buffer.from(`Subject: ${index === 0 ? 'welcome' : `${label} ${index}`}\r\n\r\n\r\n`),
      }))
      return {
        name: label,
        subscriptions: async () => [],
        close: async () => undefined,
        async *mailboxes() {
          yield {
            name: 'INBOX',
            uids: { validity: uidValidity(0x65f00000), next: uid(count_ + 1) },
            specialUse: [],
            count: count_,
            async *messages(from: number) {
              yield* messages.filter((one) => one.uid >= from)
            },
          }
        },
      }
    }
    const id = await account()
    const added = async (source: Source) => {
      const [report] = await bring(id, source)
      assert.deepEqual(report?.problems, [])
      return [report?.added, report?.uids.kind]
    }
    assert.deepEqual(await added(make('a', 3)), [3, 'kept'])
    const [dry] = await bring(id, make('b', 4), { dryRun: true })
    assert.match(dry?.uids.kind === 'new' ? dry.uids.why : '', /other mail under the same UIDs/)
    // The welcome is there already: same octets, same UIDL.
    assert.deepEqual(await added(make('b', 4)), [3, 'new'])
    assert.deepEqual(await added(make('c', 2)), [1, 'new'])
    for (const label of ['b', 'c'] as const)
      assert.deepEqual(await added(make(label, label === 'b' ? 4 : 2)), [0, 'new'])
    // UIDs 4 and 5 were given away meanwhile: with new ones nothing is lost.
    assert.deepEqual(await added(make('a', 5)), [2, 'new'])
    assert.deepEqual(await added(make('a', 5)), [0, 'new'])
  })

  it('.eml files: folders are mailboxes; run again adds only what is new', async () => {
    const root = path.join(folder, 'eml')
    mkdirSync(path.join(root, 'Old/2020'), { recursive: true })
    writeFileSync(path.join(root, 'a.eml'), 'Subject: a\n\na\n')
    writeFileSync(path.join(root, 'Old/2020/b.eml'), 'Subject: b\n\nb\n')
    writeFileSync(path.join(root, 'Old/2020/empty.eml'), '')
    const id = await account()
    const reports = await bring(id, emlSource(root, 'Read'))
    assert.deepEqual(
      reports.map(({ name, added }) => [name, added]),
      [
        ['Old/2020', 1],
        ['Read', 1],
      ],
    )
    assert.match(reports[0]?.problems[0] ?? '', /empty\.eml: it is empty/)
    writeFileSync(path.join(root, 'c.eml'), 'Subject: c\n\nc\n')
    assert.deepEqual(
      (await bring(id, emlSource(root, 'Read'))).map(({ added }) => added),
      [0, 1],
    )
  })
})
