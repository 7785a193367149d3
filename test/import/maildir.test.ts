import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createImport, type ImportOptions } from '../../lib/import/import'
import { maildirSource } from '../../lib/import/maildir/source'
import { uidlFormat } from '../../lib/import/maildir/uidl-format'
import { crlf, type Source } from '../../lib/import/source'
import { prepare } from '../../lib/mime/prepare'
import { maildropOf } from '../../lib/store/conformance/fixtures'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Store } from '../../lib/store/store'
import type { AccountId, MailboxId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { value } from '../mailbox/room'

const options: ImportOptions = { dryRun: false, verify: 'all' }

describe('import of Maildir', function () {
  const uidlsOf = async (account: AccountId, id: MailboxId): Promise<string[]> => {
    const mailbox = await store.mailboxes.get(account, id)
    return mailbox ? (await maildropOf(store, account, mailbox)).map(({ uidl }) => uidl) : []
  }

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

  it('Courier: courierimapuiddb, courierpop3dsizelist, keywords and subscriptions of Dovecot', async () => {
    const root = path.join(folder, 'courier')
    for (const part of ['cur', 'new', 'tmp', '.Entw&APw-rfe/cur', '.Entw&APw-rfe/new'])
      mkdirSync(path.join(root, part), { recursive: true })
    const put = (name: string, text = 'Subject: x\n\nbody\n') => {
      writeFileSync(path.join(root, name), text)
      utimesSync(path.join(root, name), 1_500_000_000, 1_500_000_000)
    }
    put('cur/1.a.host,S=10:2,Sa')
    put('cur/2.b.host:2,')
    put('new/3.c.host')
    put('.Entw&APw-rfe/cur/9.z.host:2,D')
    writeFileSync(path.join(root, 'courierimapuiddb'), '1 777 12\n5 2.b.host\n9 1.a.host,S=10\n')
    writeFileSync(path.join(root, 'courierpop3dsizelist'), '/2 3 99\n1.a.host,S=10 18 7:99\n2.b.host:2, 18 0:0\n')
    writeFileSync(path.join(root, 'courierimapsubscribed'), 'INBOX.Entw&APw-rfe\n')
    writeFileSync(path.join(root, 'dovecot-keywords'), '0 Work\n')
    const id = await account()
    const dry = await bring(id, maildirSource(root), { dryRun: true })
    assert.deepEqual(
      dry.map(({ name, found, uids }) => [name, found, uids.kind]),
      [
        ['INBOX', 3, 'kept'],
        ['Entwürfe', 1, 'new'],
      ],
    )
    assert.equal((await store.accounts.usage(id)).messages, 0)
    await bring(id, maildirSource(root))
    const inbox = await store.mailboxes.find(id, 'INBOX')
    assert.ok(inbox)
    assert.deepEqual([inbox.uidValidity, inbox.uidNext], [777, 13])
    const uidls = await uidlsOf(id, inbox.id)
    assert.deepEqual(uidls.slice(0, 2), ['2.b.host', 'UID7-99'])
    const snapshot = await store.messages.snapshot(id, inbox.id)
    assert.deepEqual([...(snapshot?.uids ?? [])], [5, 9, 12])
    assert.deepEqual(
      [...(snapshot?.flags ?? [])].map((one) => snapshot?.flagSets[one]?.wire),
      ['()', '(\\Seen Work)', '()'],
    )
    assert.deepEqual(snapshot?.internalDates[0], 1_500_000_000_000)
    assert.equal((await store.mailboxes.find(id, 'Entwürfe'))?.subscribed, true)
    assert.equal(
      (await bring(id, maildirSource(root))).reduce((sum, { added }) => sum + added, 0),
      0,
      'again',
    )
  })

  it('Courier: keywords, a user of POP3 only, sizelists of all versions', async () => {
    const root = path.join(folder, 'courier-keywords')
    for (const part of ['cur', 'new', 'tmp', 'courierimapkeywords', '.Old/cur', '.Old/new', '.Older/cur', '.Older/new'])
      mkdirSync(path.join(root, part), { recursive: true })
    for (const one of ['1.a', '2.b', '3.c', '4.d'])
      writeFileSync(path.join(root, `cur/${one}:2,S`), `Subject: ${one}\n\n`)
    writeFileSync(path.join(root, 'courierpop3dsizelist'), '/3 9 99\n1.a:2,S 18 7:99:0\n2.b 18 0:0:1\n3.c 18 8:98:0\n')
    writeFileSync(path.join(root, 'courierimapkeywords/:list'), 'Work\n$Label1\n\n1.a:0 1\n2.b:1\n3.c:0\n')
    writeFileSync(path.join(root, 'courierimapkeywords/2.b'), 'Holiday\n')
    writeFileSync(path.join(root, 'courierimapkeywords/.1.2.b'), 'Stale\n')
    writeFileSync(path.join(root, 'courierimapkeywords/.2.3.c'), 'Newer\n')
    writeFileSync(path.join(root, 'courierimapkeywords/.1.3.c'), 'Older\n')
    writeFileSync(path.join(root, '.Old/cur/5.e:2,'), 'Subject: 5\n\n')
    writeFileSync(path.join(root, '.Old/courierpop3dsizelist'), '5.e:2, 18\n')
    writeFileSync(path.join(root, '.Older/cur/6.f:2,'), 'Subject: 6\n\n')
    writeFileSync(path.join(root, '.Older/courierpop3dsizelist'), '/2 3 99\n6.f:2, 18 4:97\n')
    const id = await account()
    await bring(id, maildirSource(root))
    const inbox = await store.mailboxes.find(id, 'INBOX')
    assert.ok(inbox)
    assert.deepEqual((await uidlsOf(id, inbox.id)).slice(0, 3), ['UID7-99', '2.b', 'UID8-98'])
    const snapshot = await store.messages.snapshot(id, inbox.id)
    assert.deepEqual(
      [...(snapshot?.flags ?? [])].map((one) => snapshot?.flagSets[one]?.wire),
      ['($Label1 \\Seen Work)', '(\\Seen Holiday)', '(\\Seen Newer)', '(\\Seen)'],
    )
    for (const [name, uidl] of [
      ['Old', '5.e'],
      ['Older', 'UID4-97'],
    ] as const) {
      const mailbox = await store.mailboxes.find(id, name)
      assert.deepEqual(mailbox && (await uidlsOf(id, mailbox.id)), [uidl])
    }
    assert.deepEqual(
      (await bring(id, maildirSource(root))).map(({ added }) => added),
      [0, 0, 0],
    )
  })

  it("--follow: what was brought before gets its flags, and goes where it has gone; the owner's own deletions stay", async () => {
    const root = path.join(folder, 'follow')
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(path.join(root, part), { recursive: true })
    for (const one of [1, 2, 3, 4]) writeFileSync(path.join(root, `cur/${one}.h:2,`), `Subject: ${one}\n\n`)
    writeFileSync(path.join(root, 'dovecot-uidlist'), '3 V99 N5\n1 :1.h\n2 :2.h\n3 :3.h\n4 :4.h\n')
    const id = await account()
    await bring(id, maildirSource(root))
    const inbox = await store.mailboxes.find(id, 'INBOX')
    assert.ok(inbox)
    value(await store.messages.expunge(id, inbox.id, [uid(4)], { only: 'all' }))
    renameSync(path.join(root, 'cur/1.h:2,'), path.join(root, 'cur/1.h:2,FS'))
    rmSync(path.join(root, 'cur/2.h:2,'))
    writeFileSync(path.join(root, 'new/5.h'), 'Subject: 5\n\n')
    const now = async () => {
      const snapshot = await store.messages.snapshot(id, inbox.id)
      return [...(snapshot?.uids ?? [])].map((one, index) => [
        one,
        snapshot?.flagSets[snapshot.flags[index] ?? 0]?.wire,
      ])
    }
    const [report] = await bring(id, maildirSource(root))
    assert.deepEqual([report?.added, report?.there, report?.problems], [1, 3, []])
    assert.deepEqual(await now(), [
      [1, '()'],
      [2, '()'],
      [3, '()'],
      [5, '()'],
    ])
    const [followed] = await bring(id, maildirSource(root), { follow: true })
    assert.deepEqual([followed?.added, followed?.there, followed?.problems], [0, 4, []])
    assert.deepEqual(await now(), [
      [1, '(\\Flagged \\Seen)'],
      [3, '()'],
      [5, '()'],
    ])
    assert.deepEqual(await store.check(id), [])
  })

  it('a message that an earlier run left out is told at each run', async () => {
    const root = path.join(folder, 'left-out')
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(path.join(root, part), { recursive: true })
    writeFileSync(path.join(root, 'cur/1.h:2,'), '')
    writeFileSync(path.join(root, 'cur/2.h:2,'), 'Subject: 2\n\n')
    writeFileSync(path.join(root, 'dovecot-uidlist'), '3 V98 N3\n1 :1.h\n2 :2.h\n')
    const id = await account()
    const [first] = await bring(id, maildirSource(root), { verify: 'new' })
    assert.deepEqual([first?.added, first?.problems], [1, ['1.h:2,: it is empty']])
    const [second] = await bring(id, maildirSource(root), { verify: 'new' })
    assert.deepEqual([second?.added, second?.problems.length], [0, 1])
    assert.match(second?.problems[0] ?? '', /left out by an earlier run/)
  })

  it("POP3 unique ids by Dovecot's formats", () => {
    const facts = { uid: 0x1f, validity: 1700000000, file: '1.h', guid: 'abc' }
    for (const [format, expected] of [
      ['%08Xu%08Xv', '0000001f6553f100'],
      ['%v.%u', '1700000000.31'],
      ['%u', '31'],
      ['%8u-%04v', '      31-1700000000'],
      ['UID%u-%v', 'UID31-1700000000'],
      ['%g', 'abc'],
      ['%f%%', '1.h%'],
    ] as const) {
      assert.equal(uidlFormat(format)?.(facts), expected)
    }
    assert.equal(uidlFormat('%g')?.({ uid: 1, validity: 1 }), undefined)
    assert.equal(uidlFormat('%m'), undefined)
  })

  it('a special use goes to the mailbox that clients of the old server know', async () => {
    const root = path.join(folder, 'uses')
    for (const part of ['cur', 'new', '.Sent Items/cur', '.Sent Items/new'])
      mkdirSync(path.join(root, part), { recursive: true })
    writeFileSync(path.join(root, '.Sent Items/cur/1.h:2,'), 'Subject: 1\n\n')
    const id = await account()
    value(await store.mailboxes.create(id, 'Sent', { specialUse: ['\\Sent'], subscribed: true }))
    await bring(id, maildirSource(root))
    assert.deepEqual((await store.mailboxes.find(id, 'Sent'))?.specialUse, [])
    assert.deepEqual((await store.mailboxes.find(id, 'Sent Items'))?.specialUse, ['\\Sent'])
  })

  it('a file that the old server renames meanwhile is found again', async () => {
    const root = path.join(folder, 'renamed')
    for (const part of ['cur', 'new']) mkdirSync(path.join(root, part), { recursive: true })
    writeFileSync(path.join(root, 'new/1.a.host'), 'Subject: x\n\n')
    const texts: string[] = []
    for await (const mailbox of maildirSource(root).mailboxes()) {
      renameSync(path.join(root, 'new/1.a.host'), path.join(root, 'cur/1.a.host:2,S'))
      for await (const message of mailbox.messages(1)) texts.push(String(await message.read()))
    }
    assert.deepEqual(texts, ['Subject: x\r\n\r\n'])
  })

  it('line ends of files become CRLF; files that have them are kept', () => {
    for (const [given, expected] of [
      ['a\nb\r\nc\n', 'a\r\nb\r\nc\r\n'],
      ['\n\n', '\r\n\r\n'],
      ['a\r\nb\nc', 'a\r\nb\nc'],
      ['abc', 'abc'],
      ['', ''],
    ] as const) {
      assert.equal(crlf(Buffer.from(given)).toString(), expected)
    }
  })
})
