import assert from 'node:assert/strict'
import { checkNewName, spellMailbox } from '../../lib/mailbox/mailbox-name'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { flagSet, NO_FLAGS } from '../../lib/terms/flags'
import { accountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { fakeStore } from './fake-store'
import { mailOf, openLocks, roomOver, value } from './room'

const bytes = Buffer.from('subject: x\r\n\r\nbody\r\n')
const message = { bytes, flags: NO_FLAGS, internalDate: 1 }

describe('mailbox names (RFC 9051 5.1)', () => {
  const good: [string, string][] = [
    ['a', 'a'],
    ['a/b', 'a/b'],
    ['a/', 'a'],
    ['inbox', 'INBOX'],
    ['InBox/x', 'INBOX/x'],
    ['inboxes', 'inboxes'],
    ['Gelöscht', 'Gelöscht'],
    ['A\u0308', 'Ä'],
    ['😀', '😀'],
    ['100% *', '100% *'],
    ['a/INBOX', 'a/INBOX'],
  ]
  for (const [given, kept] of good) {
    it(`keeps ${JSON.stringify(given)} as ${JSON.stringify(kept)}`, () => {
      assert.equal(value(checkNewName(given)), kept)
    })
  }
  const bad = [
    '',
    '/',
    '/a',
    'a//b',
    'a//',
    'a\0',
    'a\r\nb',
    'a\x7f',
    'a\u0085',
    'a\u2028',
    '\ud800',
    '#news',
    'x'.repeat(201),
  ]
  for (const given of [...bad, `${'xy/'.repeat(20)}z`, `${`${'ü'.repeat(100)}/`.repeat(5)}z`]) {
    it(`refuses ${JSON.stringify(given.slice(0, 12))}`, () => {
      const result = checkNewName(given)
      assert.equal(!result.ok && result.fault.kind, 'bad-mailbox-name')
    })
  }
  it('finds a name in any spelling of Unicode', () => {
    assert.equal(spellMailbox('a\u0308'), spellMailbox('ä'))
  })
})

describe('account verbs', () => {
  it('create: refuses what exists, a special use that is taken, and too many', async () => {
    const mail = mailOf(roomOver(fakeStore(), { settings: { maxMailboxes: 3 } }))
    assert.equal(value(await mail.create('Sent/', ['\\Sent'])).name, 'Sent')
    const faults = [await mail.create('sent/../x\0'), await mail.create('Sent'), await mail.create('S2', ['\\Sent'])]
    const kinds = faults.map((one) => !one.ok && one.fault.kind)
    assert.deepEqual(kinds, ['bad-mailbox-name', 'mailbox-exists', 'not-permitted'])
    value(await mail.create('Third'))
    assert.deepEqual(await mail.create('Fourth'), { ok: false, fault: { kind: 'limit', why: 'too many mailboxes' } })
  })

  it('rename, remove, subscribe: refuse what makes no sense', async () => {
    const mail = mailOf(roomOver(fakeStore()))
    value(await mail.create('a'))
    const faults = [
      await mail.rename('a', 'a/b'),
      await mail.rename('a', ''),
      await mail.rename('nope', 'b'),
      await mail.remove('inbox'),
      await mail.remove('nope'),
      await mail.subscribe('nope', true),
    ]
    assert.deepEqual(
      faults.map((one) => !one.ok && one.fault.kind),
      ['not-permitted', 'bad-mailbox-name', 'no-such-mailbox', 'not-permitted', 'no-such-mailbox', 'no-such-mailbox'],
    )
    value(await mail.rename('a', 'b'))
    value(await mail.subscribe('never-was', false))
    assert.deepEqual(
      (await mail.mailboxes()).map((one) => one.name),
      ['INBOX', 'b'],
    )
  })

  it('append and copy: TRYCREATE only where CREATE would work (RFC 9051 6.3.12)', async () => {
    const mail = mailOf(roomOver(fakeStore()))
    value(await mail.append('INBOX', [message]))
    const view = value(await mail.open('INBOX', 'claim'))
    const results = [
      await mail.append('Nope', [message]),
      await mail.append('#nope', [message]),
      await mail.copy(view, [uid(1)], 'Nope'),
      await mail.move(view, [uid(1)], 'Nope'),
    ]
    const tryCreate = results.map((one) => !one.ok && one.fault.kind === 'no-such-mailbox' && one.fault.tryCreate)
    assert.deepEqual(tryCreate, [true, false, true, true])
  })

  it("append: limits of size and quota, the account's own quota before the default", async () => {
    const small = mailOf(roomOver(fakeStore(), { settings: { maxMessageSize: bytes.length - 1 } }))
    const tooBig = await small.append('INBOX', [message])
    assert.deepEqual(tooBig, { ok: false, fault: { kind: 'too-big', limit: bytes.length - 1 } })

    const settings = { quotaBytes: 2 * bytes.length }
    const byDefault = mailOf(roomOver(fakeStore(), { settings }))
    value(await byDefault.append('INBOX', [message, message]))
    assert.deepEqual(await byDefault.append('INBOX', [message]), { ok: false, fault: { kind: 'over-quota' } })
    assert.deepEqual(await byDefault.quota(), {
      usedBytes: 2 * bytes.length,
      usedMessages: 2,
      limitBytes: 2 * bytes.length,
      limitMessages: 0,
    })

    const own = mailOf(roomOver(fakeStore(accountId('a1'), { quotaBytes: 0, quotaMessages: 3 }), { settings }))
    value(await own.append('INBOX', [message, message, message]))
    assert.deepEqual(await own.append('INBOX', [message]), { ok: false, fault: { kind: 'over-quota' } })
  })

  it('expunge removes what has \\Deleted and is known to the session, or of the given UIDs', async () => {
    const mail = mailOf(roomOver(fakeStore()))
    const deleted = { ...message, flags: flagSet(['\\Deleted']) }
    value(await mail.append('INBOX', [deleted, message, deleted]))
    const view = value(await mail.open('INBOX', 'claim'))
    value(await mail.append('INBOX', [deleted]))
    assert.deepEqual(value(await mail.expunge(view, [uid(1), uid(2)])), [1])
    assert.deepEqual(value(await mail.expunge(view, 'all')), [3])
    assert.deepEqual(value(await mail.expunge(view, 'all')), [])
    assert.deepEqual(await view.sync('say').then((updates) => updates.map((one) => one.kind)), [
      'expunge',
      'expunge',
      'exists',
    ])
  })

  it("enter asks for the shared lock with the account's overrides, and ignores nonsense in them", async () => {
    const locks = openLocks()
    const room = roomOver(fakeStore(), { locks, settings: { lockMode: 'pop3' } })
    const entry = { protocol: 'imap', address: '192.0.2.1', client: 'x' } as const
    const overrides = { 'lock.mode': 'snapshot', 'lock.wait': '3s', 'lock.takeover': 'idle:60', 'other.key': 'x' }
    value(await mailOf(room, 'a1', overrides).enter(entry))
    value(await mailOf(room, 'a1', { 'lock.takeover': 'never' }).enter(entry))
    value(await mailOf(room, 'a1', { 'lock.mode': 'fast', 'lock.wait': 'soon' }).enter(entry))
    const common = { account: 'a1', access: 'shared', ...entry }
    assert.deepEqual(locks.requests, [
      { ...common, mode: 'snapshot', wait: 3000, takeover: 60_000 },
      { ...common, mode: 'pop3', takeover: 'never' },
      { ...common, mode: 'pop3' },
    ])
  })

  it('tells listeners of the account what changed, once, until they leave', async () => {
    const room = roomOver(fakeStore())
    const mail = mailOf(room)
    const heard: string[] = []
    const leave = [
      room.hub.onList(mail.id, (change) => heard.push(`${change.kind} ${change.name}`)),
      room.hub.onMailbox(mail.id, (mailbox, modSeq, happened) => heard.push(`${mailbox} ${modSeq} ${happened}`)),
      room.hub.onMailbox(accountId('other'), () => heard.push('not mine')),
      room.hub.onList(mail.id, () => {
        throw new Error('a bad listener')
      }),
    ]
    value(await mail.create('Work'))
    const { mailbox } = value(await mail.append('Work', [message]))
    assert.deepEqual(heard, ['created Work', `${mailbox.id} 2 added`])
    for (const off of leave) off()
    value(await mail.create('More'))
    assert.equal(heard.length, 2)
  })
})

describe('special-use mailboxes', () => {
  it('are made once, in an account that has only its INBOX', async () => {
    const store = fakeStore()
    const room = roomOver(store)
    value(await room.ensureSpecialUse(accountId('a1')))
    const mail = mailOf(room)
    const made = (await mail.mailboxes()).map((one) => [one.name, ...one.specialUse].join(' '))
    assert.deepEqual(made.slice(1), [
      'Sent \\Sent',
      'Drafts \\Drafts',
      'Trash \\Trash',
      'Junk \\Junk',
      'Archive \\Archive',
    ])
    value(await mail.remove('Junk'))
    value(await room.ensureSpecialUse(accountId('a1')))
    assert.equal(await mail.find('Junk'), undefined)
    assert.deepEqual(await room.ensureSpecialUse(accountId('nobody')), {
      ok: false,
      fault: { kind: 'no-such-account' },
    })
  })
})

describe('delivery', () => {
  const account = accountId('a1')
  it('goes to the mailbox asked for, else INBOX, and is announced', async () => {
    const room = roomOver(fakeStore())
    const mail = mailOf(room)
    value(await mail.create('Lists'))
    const inbox = value(await mail.open('INBOX', 'claim'))
    const to = [undefined, 'Lists', 'no/such', 'inbox']
    const delivered = await Promise.all(
      to.map((mailbox) => room.deliver({ account, bytes, ...(mailbox === undefined ? {} : { mailbox }) })),
    )
    assert.deepEqual(
      delivered.map((one) => value(one).mailbox.name),
      ['INBOX', 'Lists', 'INBOX', 'INBOX'],
    )
    assert.deepEqual(await inbox.sync('say'), [{ kind: 'exists', count: 3, recent: 3 }])
  })

  it('falls back to INBOX when the mailbox is deleted under it', async () => {
    const store = fakeStore()
    const room = roomOver(store)
    const mail = mailOf(room)
    value(await mail.create('Lists'))
    const { find } = store.mailboxes
    // Deleted between the look-up and the write.
    store.mailboxes.find = async (owner, name) => {
      const found = await find(owner, name)
      if (name === 'Lists') value(await store.mailboxes.remove(owner, name))
      return found
    }
    assert.equal(value(await room.deliver({ account, bytes, mailbox: 'Lists' })).mailbox.name, 'INBOX')
  })

  it('is refused when the account is unknown or full, or the message too big', async () => {
    const room = roomOver(fakeStore(), { settings: { quotaMessages: 1, maxMessageSize: 100 } })
    value(await room.deliver({ account, bytes }))
    const results = [
      await room.deliver({ account, bytes }),
      await room.deliver({ account: accountId('nobody'), bytes }),
      await room.deliver({ account, bytes: Buffer.alloc(101) }),
    ]
    assert.deepEqual(
      results.map((one) => !one.ok && one.fault.kind),
      ['over-quota', 'no-such-account', 'too-big'],
    )
  })
})

describe('mailbox settings', () => {
  it('have defaults, read units, and complain about what they do not know', () => {
    assert.deepEqual([mailboxSettings({}).maxMessageSize, mailboxSettings({}).lockMode], [50 * 1024 * 1024, 'strict'])
    const read = mailboxSettings({
      main: { driver: 'sqlite' },
      quota: { bytes: '2G', messages: '10' },
      mailboxes: { autocreate: 'Sent:\\Sent, Notes' },
    })
    assert.deepEqual([read.quotaBytes, read.quotaMessages], [2 * 1024 ** 3, 10])
    assert.deepEqual(read.autocreate, [
      { name: 'Sent', specialUse: ['\\Sent'] },
      { name: 'Notes', specialUse: [] },
    ])
    assert.deepEqual(mailboxSettings({ mailboxes: { autocreate: 'none' } }).autocreate, [])
    for (const wrong of [
      { quota: { byte: '1' } },
      { mailboxes: { autocreate: 'a//b' } },
      { mailboxes: { autocreate: 'S:\\S' } },
    ]) {
      assert.throws(() => mailboxSettings(wrong), { name: 'SettingsError' })
    }
  })
})
