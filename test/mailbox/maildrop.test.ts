import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Maildrop, MaildropOptions } from '../../lib/mailbox/mailbox'
import { headAndLines, octetsOf } from '../../lib/mailbox/maildrop/octets'
import { flagSet, NO_FLAGS } from '../../lib/terms/flags'
import { accountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { fakeStore } from './fake-store'
import { mailOf, openLocks, type RoomOptions, roomOver, value } from './room'

const entry = { protocol: 'pop3', address: '192.0.2.1' } as const
const message = (text: string) => ({ bytes: Buffer.from(`subject: ${text}\r\n\r\none\r\ntwo\r\n`), flags: NO_FLAGS })

async function textOf(octets: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of octets) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

async function opened(options: MaildropOptions = {}, roomOptions: RoomOptions = {}) {
  const store = fakeStore()
  const locks = openLocks()
  const room = roomOver(store, { locks, ...roomOptions })
  const mail = mailOf(room)
  value(await mail.append('INBOX', ['a', 'b', 'c'].map(message)))
  const maildrop = value(await mail.openMaildrop(entry, options))
  return { store, locks, room, mail, maildrop }
}
const subjects = async (maildrop: Maildrop) => {
  const all: string[] = []
  for (let number = 1; number <= maildrop.count; number++)
    all.push((await textOf((await maildrop.message(number, 'as-is')).top(0))).slice(9, 10))
  return all.join('')
}

describe('maildrop', () => {
  it('is frozen: later deliveries and numbers do not touch it (RFC 1939 3)', async () => {
    const { room, maildrop, mail } = await opened()
    value(await room.deliver({ account: accountId('a1'), bytes: message('d').bytes }))
    assert.equal(maildrop.count, 3)
    assert.equal(await subjects(maildrop), 'abc')
    assert.deepEqual([maildrop.uidlOf(1), maildrop.sizeOf(3)], ['u1', message('c').bytes.length])
    value(await maildrop.update([2], [], 'delete'))
    const view = value(await mail.open('INBOX', 'peek'))
    assert.deepEqual(
      [1, 2, 3].map((seq) => view.uidAt(seq)),
      [1, 3, 4],
    )
  })

  it('can number from the newest', async () => {
    const { maildrop, mail } = await opened({ order: 'newest-first' })
    assert.equal(await subjects(maildrop), 'cba')
    value(await maildrop.update([1], [], 'delete'))
    assert.equal(value(await mail.open('INBOX', 'peek')).seqOf(3), undefined)
  })

  it('gives whole messages, and no number that it does not have', async () => {
    const { maildrop } = await opened()
    assert.equal(await textOf((await maildrop.message(2, 'as-is')).octets()), message('b').bytes.toString())
    for (const number of [0, 4, 1.5]) assert.throws(() => maildrop.sizeOf(number), RangeError)
  })

  it('asks for the exclusive lock and gives it back, also when it cannot open', async () => {
    const { locks, maildrop, mail } = await opened()
    assert.deepEqual([locks.requests[0]?.access, locks.held.length], ['exclusive', 1])
    await maildrop.close()
    await maildrop.close()
    assert.equal(locks.held.length, 0)
    assert.deepEqual(await mail.openMaildrop(entry, { mailbox: 'Nope' }), {
      ok: false,
      fault: { kind: 'no-such-mailbox' },
    })
    assert.equal(locks.held.length, 0)
  })

  it('releases the lock and says unavailable when the store is broken', async () => {
    const { locks, maildrop, mail, store } = await opened()
    store.broken = true
    const refused = await mail.openMaildrop(entry, {})
    assert.equal(!refused.ok && refused.fault.kind, 'unavailable')
    assert.equal(locks.held.length, 1)
    const update = await maildrop.update([1], [], 'delete')
    assert.equal(!update.ok && update.fault.kind, 'unavailable')
  })

  it('deletes nothing after its lease was lost (docs/locks.md#invariants)', async () => {
    const { locks, maildrop, mail } = await opened()
    locks.held[0]?.lose()
    assert.deepEqual(await maildrop.update([1], [2], 'delete'), { ok: false, fault: { kind: 'lease-lost' } })
    const view = value(await mail.open('INBOX', 'peek'))
    assert.deepEqual([view.exists, view.flagsAt(2).wire], [3, '()'])
  })

  it('deletes nothing when somebody else came in since, even if it does not know that its lease was lost', async () => {
    for (const how of ['delete', 'trash'] as const) {
      const { maildrop, mail } = await opened()
      value(await mail.enter({ protocol: 'imap', address: '::1' }))
      assert.deepEqual(await maildrop.update([1], [2], how), { ok: false, fault: { kind: 'lease-lost' } })
      const view = value(await mail.open('INBOX', 'peek'))
      assert.deepEqual([view.exists, view.flagsAt(2).wire], [3, '()'])
    }
  })

  it('in lock mode pop3 is stopped by the next POP3 session only, in snapshot by nobody', async () => {
    const shared = await opened({}, { settings: { lockMode: 'pop3' } })
    value(await shared.mail.enter({ protocol: 'imap', address: '::1' }))
    value(await shared.maildrop.update([1], [], 'delete'))
    const second = await opened({}, { settings: { lockMode: 'pop3' } })
    value(await second.mail.openMaildrop(entry, {}))
    assert.equal((await second.maildrop.update([1], [], 'delete')).ok, false)
    const snapshot = await opened({}, { settings: { lockMode: 'snapshot' } })
    value(await snapshot.mail.openMaildrop(entry, {}))
    value(await snapshot.maildrop.update([1], [], 'delete'))
  })

  it('answers for a message that another session removed (lock mode snapshot)', async () => {
    const { maildrop, mail } = await opened({}, { settings: { lockMode: 'snapshot' } })
    const view = value(await mail.open('INBOX', 'claim'))
    value(await mail.storeFlags(view, [uid(2)], 'add', flagSet(['\\Deleted'])))
    value(await mail.expunge(view, 'all'))
    await assert.rejects(maildrop.message(2, 'as-is'), { name: 'MessageGone' })
    await assert.rejects(maildrop.message(2, 'as-is'), { name: 'MessageGone' })
    assert.equal(await textOf((await maildrop.message(3, 'as-is')).octets()), message('c').bytes.toString())
    value(await maildrop.update([2], [], 'delete'))
  })

  it('marks what was read, keeps when told to keep, and moves to Trash', async () => {
    const keeping = await opened()
    value(await keeping.maildrop.update([1], [1, 2], 'keep'))
    const kept = value(await keeping.mail.open('INBOX', 'peek'))
    assert.deepEqual(
      [1, 2, 3].map((seq) => kept.flagsAt(seq).wire),
      ['(\\Seen)', '(\\Seen)', '()'],
    )

    const { mail, maildrop } = await opened()
    value(await maildrop.update([3, 1, 1], [1, 2], 'trash'))
    const inbox = value(await mail.open('INBOX', 'peek'))
    const trash = value(await mail.open('Trash', 'peek'))
    assert.deepEqual([inbox.exists, inbox.uidAt(1), inbox.flagsAt(1).wire], [1, 2, '(\\Seen)'])
    assert.deepEqual([trash.exists, trash.flagsAt(1).wire, trash.flagsAt(2).wire], [2, '(\\Seen)', '()'])
    assert.deepEqual(trash.mailbox.specialUse, ['\\Trash'])
  })

  it('is opened on the mailbox of user+mailbox', async () => {
    const room = roomOver(fakeStore())
    const mail = mailOf(room)
    value(await mail.create('Lists'))
    value(await mail.append('Lists', [message('l')]))
    const identity = { ...mail.identity, mailbox: 'Lists' }
    const maildrop = value(await room.account(identity).openMaildrop(entry, {}))
    assert.equal(await subjects(maildrop), 'l')
  })
})

describe('TOP (RFC 1939 7)', () => {
  it('is the header, its empty line, and so many lines: the same as cutting the whole text, whatever the pieces', async () => {
    const body = fc.array(fc.constantFrom('\r\n', '\n', 'a', '\r', '\0', 'line\r\n'), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(body, fc.nat(12), fc.integer({ min: 1, max: 7 }), async (parts, lines, most) => {
        const header = 'a: b\r\n\r\n'
        const whole = Buffer.from(header + parts.join(''))
        const read = async (start: number, end: number) => whole.subarray(start, Math.min(end, start + most))
        const wanted = header + (parts.join('').match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(0, lines).join('')
        assert.equal(
          await textOf(
            headAndLines(octetsOf(read, 0, header.length), octetsOf(read, header.length, whole.length), lines),
          ),
          wanted,
        )
      }),
    )
  })
})
