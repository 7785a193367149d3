import assert from 'node:assert/strict'
import { startExpiry } from '../../lib/mailbox/bin/expiry'
import type { BinVerbs } from '../../lib/mailbox/mailbox'
import { mailboxSettings } from '../../lib/mailbox/settings'
import type { BinTable } from '../../lib/store/bin'
import type { Store } from '../../lib/store/store'
import { NO_FLAGS } from '../../lib/terms/flags'
import { type AccountId, binnedId } from '../../lib/terms/names'
import { silentLog } from '../../lib/terms/ports'
import { becomes, eventually } from '../eventually'
import { type Kit, kitOrSkip, Wire } from '../kit'
import { DRIVERS, storeOrSkip, type TestStore } from '../stores'
import { openLocks, roomOver, value } from './room'

const mail = (subject: string, more = ''): string =>
  `From: Ann Other <ann@example.org>\r\nTo: bob@example.org\r\nSubject: ${subject}\r\n${more}\r\ntext of ${subject}\r\n`

for (const driver of DRIVERS) {
  describe(`recycle bin on ${driver}`, function () {
    this.timeout(60_000)
    let kit: Kit
    let count = 0
    before(async function () {
      const started = await kitOrSkip(driver)
      if (!started) return this.skip()
      kit = started
    })
    after(async () => {
      assert.deepEqual(kit?.errors ?? [], [])
      await kit?.close()
    })

    interface User {
      readonly id: AccountId
      readonly name: string
      readonly bin: BinVerbs
      /** as the bin lists them */
      subjects(): Promise<string[]>
    }
    async function user(...subjects: string[]): Promise<User> {
      const name = `user${++count}@example.org`
      const id = await kit.account(name)
      await kit.deliver(id, ...subjects.map((subject) => mail(subject)))
      const { bin } = kit.room.account({ id, name, overrides: {}, admin: false })
      assert.ok(bin)
      const list = bin
      return {
        ...{ id, name, bin },
        subjects: async () => (await list.list({ limit: 1000 })).messages.map(({ keys }) => keys.subject),
      }
    }
    const allIds = async ({ bin }: User) => (await bin.list({ limit: 1000 })).messages.map(({ id }) => id)

    async function imap({ name }: User): Promise<{ wire: Wire; run(command: string): Promise<string> }> {
      const wire = new Wire(kit.imap)
      await wire.until(/^\* OK.*\r\n/)
      let tag = 0
      const run = async (command: string): Promise<string> => {
        tag += 1
        wire.send(`t${tag} ${command}\r\n`)
        return wire.until(new RegExp(`^t${tag} .*\r\n`, 'm'))
      }
      assert.match(await run(`LOGIN ${name} pass`), / OK /)
      return { wire, run }
    }
    async function quit({ name }: User, ...commands: string[]): Promise<string[]> {
      const wire = new Wire(kit.pop3)
      await wire.until(/^\+OK.*\r\n/)
      const answers: string[] = []
      for (const command of [`USER ${name}`, 'PASS pass', ...commands, 'QUIT']) {
        wire.send(`${command}\r\n`)
        answers.push(await wire.until(command.startsWith('UIDL') ? /^\.\r\n/m : /^(\+OK|-ERR).*\r\n/m))
      }
      wire.socket.destroy()
      return answers
    }

    it('EXPUNGE, UID EXPUNGE, CLOSE, DELETE and QUIT put messages into it', async () => {
      const alice = await user('expunged', 'by uid', 'closed', 'stays', 'popped')
      const { wire, run } = await imap(alice)
      await run('CREATE Box')
      await run('APPEND Box {10}\r\nSubject: x')
      await run('SELECT INBOX')
      await run('STORE 1 +FLAGS (\\Deleted)')
      assert.match(await run('EXPUNGE'), /^\* 1 EXPUNGE\r\n/)
      await run('STORE 1 +FLAGS (\\Deleted)')
      assert.match(await run('UID EXPUNGE 2'), /^\* 1 EXPUNGE\r\n/)
      await run('STORE 1 +FLAGS (\\Deleted)')
      await run('CLOSE')
      assert.match(await run('DELETE Box'), /OK/)
      await run('LOGOUT')
      wire.socket.destroy()
      await quit(alice, 'DELE 2')
      assert.deepEqual(await alice.subjects(), ['popped', 'x', 'closed', 'by uid', 'expunged'])
      assert.deepEqual((await kit.store.accounts.usage(alice.id)).messages, 1)
      assert.equal((await alice.bin.state()).messages, 5)
      assert.equal((await alice.bin.state()).keptFor, 72 * 3_600_000)
      assert.deepEqual(await kit.store.check(alice.id), [])
    })

    it('MOVE, REPLACE, RENAME and POP3 that keeps put nothing into it', async () => {
      const bob = await user('moved', 'replaced', 'kept')
      const { wire, run } = await imap(bob)
      await run('CREATE Box')
      await run('SELECT INBOX')
      assert.match(await run('MOVE 1 Box'), /OK/)
      assert.match(await run('REPLACE 1 INBOX {12}\r\nSubject: new'), /OK/)
      assert.match(await run('RENAME Box Other'), /OK/)
      await run('LOGOUT')
      wire.socket.destroy()
      await quit(bob, 'RETR 1')
      assert.deepEqual(await bob.subjects(), [])
    })

    it('a restored message is new mail to sessions that look: EXISTS, no \\Deleted, a UID above all others', async () => {
      const carol = await user('one', 'two')
      const { wire, run } = await imap(carol)
      await run('SELECT INBOX')
      await run('STORE 2 +FLAGS (\\Deleted \\Seen $Label1)')
      await run('EXPUNGE')
      wire.send('i IDLE\r\n')
      await wire.until(/^\+ .*\r\n/m)
      const restored = value(await carol.bin.restore(await allIds(carol)))
      assert.deepEqual(restored, { mailboxes: [{ mailbox: 'INBOX', messages: 1 }], messages: 1 })
      await wire.until(/^\* 2 EXISTS\r\n/m)
      wire.send('DONE\r\n')
      await wire.until(/^i OK.*\r\n/m)
      const fetched = await run('FETCH 2 (UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
      assert.match(fetched, /UID 3 /)
      assert.match(fetched, /Subject: two/)
      assert.match(fetched, /FLAGS \((?=[^)]*\\Seen)(?=[^)]*\$Label1)(?![^)]*\\Deleted)/)
      assert.match(fetched, /14-Nov-2023/)
      assert.match(await run('EXPUNGE'), /^t\d+ OK/)
      wire.socket.destroy()
    })

    it('QRESYNC tells of what went and of what came back, as of any other mail', async () => {
      const dave = await user('one', 'two', 'three')
      const { wire, run } = await imap(dave)
      await run('ENABLE QRESYNC')
      const [, validity = '', modSeq = ''] =
        /UIDVALIDITY (\d+)[\s\S]*HIGHESTMODSEQ (\d+)/.exec(await run('SELECT INBOX')) ?? []
      await run('UID STORE 2 +FLAGS.SILENT (\\Deleted)')
      assert.match(await run('EXPUNGE'), /^\* VANISHED 2\r\n/m)
      value(await dave.bin.restore(await allIds(dave)))
      await run('UNSELECT')
      const again = await run(`SELECT INBOX (QRESYNC (${validity} ${modSeq} 1:3))`)
      assert.match(again, /^\* VANISHED \(EARLIER\) 2\r\n/m)
      assert.match(again, /^\* 3 EXISTS\r\n/m)
      const fetched = await run(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modSeq} VANISHED)`)
      assert.match(fetched, /\(UID 4 /)
      assert.doesNotMatch(fetched, /\(UID [13] /)
      wire.socket.destroy()
    })

    it('POP3 sees a restored message under a new unique id, and as the last one', async () => {
      const erin = await user('one', 'two')
      const before = (await quit(erin, 'UIDL', 'DELE 1'))[2] ?? ''
      value(await erin.bin.restore(await allIds(erin)))
      const after = (await quit(erin, 'UIDL'))[2] ?? ''
      const idsOf = (text: string): string[] => [...text.matchAll(/^\d+ (\S+)\r$/gm)].map(([, uidl = '']) => uidl)
      const [[first, second], now] = [idsOf(before), idsOf(after)]
      assert.equal(now.length, 2)
      assert.equal(now[0], second)
      assert.ok(now[1] !== first && now[1] !== second)
    })

    it('is searched by subject, person and mailbox, in pages', async () => {
      const frank = await user(...Array.from({ length: 30 }, (_, nth) => `Größe ${nth}`), 'other')
      const { wire, run } = await imap(frank)
      await run('SELECT INBOX')
      await run('STORE 1:* +FLAGS (\\Deleted)')
      await run('EXPUNGE')
      wire.socket.destroy()
      const all: string[] = []
      for (let at: string | undefined = ''; at !== undefined; ) {
        const page = await frank.bin.list({ find: ' GRÖßE ', limit: 7, ...(at !== '' && { after: at }) })
        all.push(...page.messages.map(({ keys }) => keys.subject))
        at = page.next
      }
      assert.deepEqual(
        all,
        Array.from({ length: 30 }, (_, nth) => `Größe ${29 - nth}`),
      )
      assert.equal((await frank.bin.list({ find: 'ANN OTHER', limit: 100 })).messages.length, 31)
      assert.equal((await frank.bin.list({ find: 'inbox', limit: 100 })).messages.length, 31)
      assert.deepEqual((await frank.bin.list({ find: 'nobody', limit: 100 })).messages, [])
      assert.equal((await frank.bin.list({ after: 'nonsense', limit: 1 })).messages.length, 1)
    })

    it('a quota that is full refuses, and of many all or none come back', async () => {
      const grace = await user(...Array.from({ length: 120 }, (_, nth) => `m${nth}`))
      const { wire, run } = await imap(grace)
      await run('SELECT INBOX')
      await run('STORE 1:* +FLAGS (\\Deleted)')
      await run('EXPUNGE')
      wire.socket.destroy()
      value(await kit.store.accounts.update(grace.id, () => ({ ok: true, value: { quotaMessages: 119 } })))
      const refused = await grace.bin.restore(await allIds(grace))
      assert.equal(!refused.ok && refused.fault.kind, 'over-quota')
      assert.equal((await kit.store.accounts.usage(grace.id)).messages, 0)
      value(await kit.store.accounts.update(grace.id, () => ({ ok: true, value: { quotaMessages: 120 } })))
      assert.equal(value(await grace.bin.restore(await allIds(grace))).messages, 120)
      assert.deepEqual(value(await grace.bin.restore([binnedId('B1-1')])), { mailboxes: [], messages: 0 })
    })

    it('what is erased is proved to be gone, from the text index too', async () => {
      const heidi = await user('secret', 'other')
      await quit(heidi, 'DELE 1', 'DELE 2')
      const [other, secret] = await allIds(heidi)
      assert.ok(other && secret)
      const proof = await heidi.bin.erase([secret])
      assert.deepEqual([proof.messages, proof.left], [1, []])
      assert.match(proof.disk, driver === 'sqlite' ? /overwritten/ : /VACUUM/)
      assert.deepEqual(await heidi.subjects(), ['other'])
      assert.deepEqual((await heidi.bin.erase('all')).left, [])
      assert.equal((await heidi.bin.state()).messages, 0)
    })

    it('who gives back and who erases is told, as who removes is', async () => {
      const kim = await user('a', 'b', 'c')
      await quit(kim, 'DELE 1', 'DELE 2', 'DELE 3')
      const told: string[] = []
      kit.room.onDeed(({ account, what, mailbox, messages }) => {
        if (account === kim.name) told.push(`${what} ${messages} ${mailbox}`)
      })
      const by = { protocol: 'webmail', address: '192.0.2.1', connection: 'c' }
      const { bin } = kit.room.account({ id: kim.id, name: kim.name, overrides: {}, admin: false }, () => by)
      assert.ok(bin)
      value(await bin.restore((await allIds(kim)).slice(1)))
      await bin.erase('all')
      await bin.erase('all')
      assert.deepEqual(told, ['restored 2 INBOX', 'erased 1 '])
    })

    it('an account that is removed ends its sessions, is nobody, and comes back with its mail', async () => {
      const ivan = await user('kept')
      const { wire, run } = await imap(ivan)
      await run('SELECT INBOX')
      const waiting = await imap(ivan)
      const others = (['pop3', 'snapshot'] as const).map((mode) =>
        kit.room.account({ id: ivan.id, name: ivan.name, overrides: { 'lock.mode': mode }, admin: false }),
      )
      const done = value(await kit.room.accountBin.remove(ivan.id))
      assert.ok((done.until ?? 0) > Date.now() + 71 * 3_600_000)
      await wire.until(/^\* BYE.*\r\n/m)
      // Who is in, and was in no mailbox yet.
      assert.match(await waiting.run('SELECT INBOX'), / NO /)
      for (const other of others) {
        const entered = await other.enter({ protocol: 'imap', address: '192.0.2.1' })
        assert.equal(!entered.ok && entered.fault.kind, 'unavailable')
      }
      waiting.wire.socket.destroy()
      const again = new Wire(kit.imap)
      await again.until(/^\* OK.*\r\n/)
      again.send(`a LOGIN ${ivan.name} pass\r\n`)
      assert.match(await again.until(/^a .*\r\n/m), /NO \[AUTHENTICATIONFAILED\]/)
      again.socket.destroy()
      assert.equal((await kit.room.accountBin.find(ivan.name))?.id, ivan.id)
      value(await kit.room.accountBin.restore(ivan.name))
      const back = await imap(ivan)
      assert.match(await back.run('SELECT INBOX'), /^\* 1 EXISTS\r\n/m)
      back.wire.socket.destroy()
      value(await kit.room.accountBin.remove(ivan.id))
      const proof = value(await kit.room.accountBin.erase(ivan.name))
      assert.deepEqual([proof.messages, proof.left], [1, []])
      const judy = await user('gone')
      assert.deepEqual(value(await kit.room.accountBin.erase(judy.name)).left, [])
      assert.equal(await kit.room.accountBin.find(judy.name), undefined)
      assert.equal((await kit.room.accountBin.erase(judy.name)).ok, false)
    })
  })
}

describe('recycle bin settings', () => {
  let store: Store
  let own: TestStore | undefined
  before(async () => {
    own = await storeOrSkip()
    assert.ok(own)
    store = await own.open()
  })
  after(async () => {
    await store.close()
    await own?.remove()
  })

  it('three days and a gigabyte are the defaults; of 0 nothing is kept', async () => {
    assert.deepEqual(mailboxSettings({}).undelete, { time: 259_200_000, octets: 2 ** 30 })
    assert.deepEqual(mailboxSettings({ bin: { undelete_for: '0', octets: '5M' } }).undelete, {
      time: 0,
      octets: 5 * 2 ** 20,
    })
    const { id } = value(await store.accounts.create({ name: 'off@example.org', credentials: {} }))
    const room = roomOver(store, { settings: { undelete: { time: 0, octets: 1e9 } }, locks: openLocks() })
    try {
      const mail = room.account({ id, name: 'off@example.org', overrides: {}, admin: false })
      value(await mail.create('Box'))
      value(await mail.append('Box', [{ bytes: Buffer.from('Subject: x\r\n\r\n'), flags: NO_FLAGS }]))
      value(await mail.remove('Box'))
      assert.deepEqual(await mail.bin?.state(), { messages: 0, bytes: 0, keptFor: 0, limit: 1e9 })
      assert.deepEqual(value(await room.accountBin.remove(id)), {})
      assert.equal(await room.accountBin.find('off@example.org'), undefined)
    } finally {
      await room.close()
    }
  })

  it('what is over is erased in the background, and a store that fails is told of once', async () => {
    const { id } = value(await store.accounts.create({ name: 'over@example.org', credentials: {} }))
    const { bin } = store
    assert.ok(bin)
    value(await bin.accounts.put(id, 0))
    const expiry = startExpiry({ store, log: silentLog }, 10)
    await eventually('the account is gone', async () => (await bin.accounts.find('over@example.org')) === undefined)
    await expiry?.close()
    const warnings: string[] = []
    let asked = 0
    const broken: BinTable = {
      ...bin,
      expire: () => {
        asked += 1
        return store.close().then(() => bin.expire())
      },
    }
    const failing = startExpiry(
      { store: { bin: broken }, log: { ...silentLog, warn: (text) => warnings.push(text) } },
      1,
    )
    await becomes(() => asked > 3, true)
    await failing?.close()
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /^the recycle bin is not emptied now: /)
  })
})
