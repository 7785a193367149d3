import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Locks } from '../../lib/locks/locks'
import { openMemoryLocks } from '../../lib/locks/memory'
import { lockSettings } from '../../lib/locks/settings'
import type { AccountMail, MailRoom, Update } from '../../lib/mailbox/mailbox'
import type { MailboxSettings } from '../../lib/mailbox/settings'
import { prepare } from '../../lib/mime/prepare'
import { openSqliteStore } from '../../lib/store/sqlite'
import { type Store, StoreUnavailable } from '../../lib/store/store'
import type { Fault, Result } from '../../lib/terms/fault'
import { ok } from '../../lib/terms/fault'
import { flagSet, NO_FLAGS } from '../../lib/terms/flags'
import { type AccountId, accountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { silentLog } from '../../lib/terms/ports'
import { openLocks, roomOver, value } from './room'

const message = (subject: string, body = 'one\r\ntwo\r\nthree\r\n') => ({
  bytes: Buffer.from(`from: a@example.org\r\nsubject: ${subject}\r\n\r\n${body}`),
  flags: NO_FLAGS,
})
const kindsOf = (updates: readonly Update[]) => updates.map((one) => one.kind)
const faultOf = <T>(result: Result<T, { kind: string } | Fault>) => (result.ok ? 'none' : result.fault.kind)
async function octets(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return all
}
const pop3 = { protocol: 'pop3', address: '192.0.2.1' } as const

describe('a mail room on the sqlite store', () => {
  let directory: string
  let store: Store
  let account: AccountId
  const rooms: MailRoom[] = []
  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'verbs-'))
    store = await openSqliteStore({ path: directory })
    account = value(await store.accounts.create({ name: 'a@example.org', credentials: {} })).id
  })
  afterEach(async () => {
    assert.deepEqual(await store.check(account), [])
    for (const room of rooms.splice(0)) await room.close()
    await store.close()
    rmSync(directory, { recursive: true })
  })
  function enter(
    settings: Partial<MailboxSettings> = {},
    locks: Locks = openLocks(),
  ): { room: MailRoom; mail: AccountMail } {
    const room = roomOver(store, { settings, prepare, locks })
    rooms.push(room)
    return { room, mail: room.account({ id: account, name: 'a@example.org', overrides: {}, admin: false }) }
  }

  it('makes, renames and removes mailboxes, with their parents and children', async () => {
    const { mail } = enter()
    value(await mail.create('a/b/c'))
    value(await mail.rename('a', 'x'))
    const names = async () => (await mail.mailboxes()).map((one) => one.name)
    assert.deepEqual(await names(), ['INBOX', 'x', 'x/b', 'x/b/c'])
    const { uidValidity } = value(await mail.create('again'))
    value(await mail.remove('again'))
    assert.ok(value(await mail.create('again')).uidValidity > uidValidity)
    value(await mail.remove('x/b'))
    assert.deepEqual(await names(), ['INBOX', 'again', 'x', 'x/b/c'])
    assert.equal(faultOf(await mail.rename('again', 'x')), 'mailbox-exists')
    value(await mail.subscribe('again', true))
    value(await mail.remove('again'))
    assert.ok((await mail.subscriptions()).includes('again'))
  })

  it('RFC 9051 6.3.6: INBOX renamed leaves an empty INBOX, and its sessions see the messages go', async () => {
    const { mail, room } = enter()
    value(await mail.append('INBOX', [message('a')]))
    const view = value(await mail.open('INBOX', 'claim'))
    value(await mail.rename('INBOX', 'Old/2026'))
    await view.sync('say')
    assert.deepEqual([view.gone, view.exists], [undefined, 0])
    view.close()
    assert.equal(value(await mail.open('Old/2026', 'peek')).exists, 1)
    value(await room.deliver({ account, bytes: message('b').bytes }))
    assert.equal(value(await mail.open('inbox', 'peek')).exists, 1)
  })

  it('copies and moves between views that look on', async () => {
    const { mail } = enter()
    value(await mail.create('Work'))
    value(
      await mail.append(
        'INBOX',
        ['a', 'b', 'c', 'd'].map((one) => message(one)),
      ),
    )
    const [inbox, work] = [value(await mail.open('INBOX', 'claim')), value(await mail.open('Work', 'claim'))]
    value(await mail.storeFlags(inbox, [uid(2)], 'add', flagSet(['\\Seen', '$Work'])))
    const copied = value(await mail.copy(inbox, [uid(2), uid(9)], 'Work'))
    assert.deepEqual([copied.source, copied.destination, copied.uidValidity], [[2], [1], work.mailbox.uidValidity])
    const moved = value(await mail.move(inbox, [uid(1), uid(4)], 'Work'))
    assert.deepEqual(
      [moved.source, moved.destination],
      [
        [1, 4],
        [2, 3],
      ],
    )
    assert.deepEqual(kindsOf(await inbox.sync('say')), ['expunge', 'expunge', 'flags'])
    assert.deepEqual(await work.sync('say'), [{ kind: 'exists', count: 3, recent: 3 }])
    assert.deepEqual(
      [1, 2, 3].map((seq) => work.flagsAt(seq).wire),
      ['($Work \\Seen)', '()', '()'],
    )
    assert.deepEqual([inbox.uidAt(1), inbox.uidAt(2), inbox.exists], [2, 3, 2])
  })

  it('leaves out what was changed since (RFC 7162 3.1.3), and says so', async () => {
    const { mail } = enter()
    value(await mail.append('INBOX', [message('a'), message('b')]))
    const view = value(await mail.open('INBOX', 'claim'))
    const before = view.highestModSeq
    value(await mail.storeFlags(view, [uid(1)], 'add', flagSet(['\\Seen'])))
    assert.deepEqual(value(await mail.storeFlags(view, [uid(1), uid(2)], 'add', flagSet(['a']), before)), [1])
    await view.sync('say')
    assert.deepEqual([view.flagsAt(1).wire, view.flagsAt(2).wire], ['(\\Seen)', '(a)'])
    assert.ok(view.modSeqAt(2) > view.modSeqAt(1))
  })

  it('counts quota in the transaction: of deliveries at once, only what fits is taken', async () => {
    const { bytes } = message('x')
    const { room, mail } = enter({ quotaBytes: bytes.length * 5 })
    const done = await Promise.all(Array.from({ length: 9 }, () => room.deliver({ account, bytes })))
    assert.deepEqual(done.map(faultOf).sort(), [...Array(5).fill('none'), ...Array(4).fill('over-quota')].sort())
    assert.equal((await mail.quota()).usedMessages, 5)
    const view = value(await mail.open('INBOX', 'claim'))
    assert.equal(faultOf(await mail.copy(view, [uid(1)], 'INBOX')), 'over-quota')
    value(await store.accounts.update(account, () => ok({ quotaBytes: 0 })))
    value(await mail.copy(view, [uid(1)], 'INBOX'))
  })

  it('gives POP3 a frozen maildrop whose octets and unique ids are those of the store', async () => {
    const { mail, room } = enter()
    const big = message('big', `${'x'.repeat(998)}\r\n`.repeat(5000))
    value(await mail.append('INBOX', [message('a'), big, message('c')]))
    const view = value(await mail.open('INBOX', 'peek'))
    value(await mail.storeFlags(view, [uid(1)], 'add', flagSet(['\\Deleted'])))
    value(await mail.expunge(view, 'all'))
    const maildrop = value(await mail.openMaildrop(pop3, {}))
    value(await room.deliver({ account, bytes: message('later').bytes }))
    assert.equal(maildrop.count, 2)
    const pieces = await octets((await maildrop.message(1, 'as-is')).octets())
    assert.ok(Buffer.concat(pieces).equals(big.bytes))
    assert.ok(Math.max(...pieces.map((one) => one.length)) <= 64 * 1024)
    const top = Buffer.concat(await octets((await maildrop.message(2, 'as-is')).top(2))).toString()
    assert.equal(top, 'from: a@example.org\r\nsubject: c\r\n\r\none\r\ntwo\r\n')
    assert.equal(
      Buffer.concat(await octets((await maildrop.message(1, 'as-is')).top(200))).length,
      'from: a@example.org\r\nsubject: big\r\n\r\n'.length + 200_000,
    )
    const uidls = [maildrop.uidlOf(1), maildrop.uidlOf(2)]
    const rows: string[] = []
    for await (const batch of mail.rows(view, [uid(2), uid(3)])) rows.push(...batch.map((row) => row.uidl))
    assert.deepEqual(uidls, rows)
    value(await maildrop.update([1], [1, 2], 'delete'))
    await maildrop.close()
    const later = value(await mail.openMaildrop(pop3, {}))
    assert.deepEqual([later.count, later.uidlOf(1)], [2, uidls[1]])
    await view.sync('say')
    assert.deepEqual([view.uidAt(1), view.flagsAt(1).wire, view.exists], [3, '(\\Seen)', 2])
  })

  it('deletes nothing under an older fence, in Trash neither', async () => {
    const { mail } = enter()
    value(await mail.append('INBOX', [message('a')]))
    for (const how of ['delete', 'trash'] as const) {
      const maildrop = value(await mail.openMaildrop(pop3, {}))
      value(await mail.enter({ protocol: 'imap', address: '::1' }))
      assert.equal(faultOf(await maildrop.update([1], [1], how)), 'lease-lost')
    }
    assert.equal((await mail.find('INBOX'))?.messages, 1)
    const maildrop = value(await mail.openMaildrop(pop3, {}))
    value(await maildrop.update([1], [1], 'trash'))
    const trash = value(await mail.open('Trash', 'peek'))
    assert.deepEqual([trash.exists, trash.flagsAt(1).wire], [1, '(\\Seen)'])
  })

  it('lets POP3 and IMAP in by the table of docs/locks.md, and delivery always', async () => {
    const locks = await openMemoryLocks({ settings: lockSettings({}), forked: false, log: silentLog })
    const { room } = enter({}, locks)
    const mail = room.account({ id: account, name: 'a@example.org', overrides: { 'lock.wait': '0s' }, admin: false })
    const imap = { protocol: 'imap', address: '::1' } as const
    const maildrop = value(await mail.openMaildrop(pop3, {}))
    assert.deepEqual([faultOf(await mail.enter(imap)), faultOf(await mail.openMaildrop(pop3, {}))], ['held', 'held'])
    value(await room.deliver({ account, bytes: message('a').bytes }))
    await maildrop.close()
    const [first, second] = [value(await mail.enter(imap)), value(await mail.enter(imap))]
    assert.equal(faultOf(await mail.openMaildrop(pop3, {})), 'held')
    value(await room.deliver({ account, bytes: message('b').bytes }))
    await Promise.all([first.release(), second.release()])
    const next = value(await mail.openMaildrop(pop3, {}))
    assert.equal(next.count, 2)
    assert.equal(await locks.kick(account), 1)
    assert.equal(faultOf(await next.update([1], [], 'delete')), 'lease-lost')
    await locks.close()
  })

  it('ends the views of an account that is removed', async () => {
    const { mail, room } = enter()
    const view = value(await mail.open('INBOX', 'claim'))
    const other = value(await store.accounts.create({ name: 'b@example.org', credentials: {} })).id
    value(await store.accounts.remove(account))
    assert.deepEqual(await view.sync('say'), [])
    assert.equal(view.gone, 'deleted')
    assert.equal(faultOf(await room.deliver({ account, bytes: message('x').bytes })), 'no-such-account')
    account = other
  })

  it('makes the special-use mailboxes, subscribed', async () => {
    const { mail, room } = enter()
    value(await room.ensureSpecialUse(account))
    const uses = (await mail.mailboxes()).map((one) => [one.name, one.specialUse.join(), one.subscribed])
    assert.deepEqual(uses.slice(1), [
      ['Archive', '\\Archive', true],
      ['Drafts', '\\Drafts', true],
      ['Junk', '\\Junk', true],
      ['Sent', '\\Sent', true],
      ['Trash', '\\Trash', true],
    ])
    assert.equal(faultOf(await room.ensureSpecialUse(accountId('nobody'))), 'no-such-account')
  })

  it('goes on with them in another process where the store failed in the middle, and makes none again that was deleted', async () => {
    const { mail, room } = enter()
    const { create } = store.mailboxes
    let left = 2
    store.mailboxes.create = async (...words) => {
      if (left-- === 0) throw new StoreUnavailable('in the middle')
      return create(...words)
    }
    await assert.rejects(room.ensureSpecialUse(account), /in the middle/)
    store.mailboxes.create = create
    assert.equal((await mail.mailboxes()).length, 3)
    value(await enter().room.ensureSpecialUse(account))
    assert.equal((await mail.mailboxes()).length, 6)
    value(await mail.remove('Junk'))
    value(await enter().room.ensureSpecialUse(account))
    assert.equal((await mail.mailboxes()).length, 5)
  })
})
