import assert from 'node:assert/strict'
import { ok } from '../../terms/fault'
import { flagSet } from '../../terms/flags'
import { fence, modSeq, uid, uidValidity } from '../../terms/numbers'
import type { Store } from '../store'
import { accountsConformance } from './accounts'
import { binConformance } from './bin'
import { add, maildropOf, message, named, newAccount, rowsOf, value } from './fixtures'
import type { Framework } from './framework'
import { notesConformance } from './notes'
import { textsConformance } from './texts'

export type { Framework } from './framework'
export { gapsConformance } from './gaps'
export { type Openings, repairConformance } from './repair'

/** What every store driver must do, the ones of other packages too. `open` gives an empty store. */
export function storeConformance(
  { describe, it, before, after }: Framework,
  name: string,
  open: () => Promise<Store>,
): void {
  describe(`store conformance: ${name}`, () => {
    let store: Store
    let count = 0
    const account = (): ReturnType<typeof newAccount> => newAccount(store, `user${++count}@example.org`)
    before(async () => {
      store = await open()
    })
    after(() => store.close())

    it('an account has a name that is its own, and an INBOX', async () => {
      const { id, inbox } = await newAccount(store, 'Some.Body@example.org')
      assert.equal(inbox.messages, 0)
      assert.equal((await store.accounts.find('SOME.BODY@EXAMPLE.ORG'))?.id, id)
      const again = await store.accounts.create({ name: 'some.body@example.org', credentials: {} })
      assert.equal(again.ok, false)
    })

    it('an account is changed, listed and removed with everything it owns', async () => {
      const { id, inbox } = await account()
      const [first] = await add(store, id, inbox, 'a', 'b')
      const [row] = await rowsOf(store, id, inbox)
      assert.ok(row && first)
      value(await store.accounts.update(id, () => ok({ disabled: true, lastPop3Login: 1_800_000_000_123 })))
      const updated = await store.accounts.get(id)
      assert.deepEqual([updated?.disabled, updated?.lastPop3Login], [true, 1_800_000_000_123])
      const names: string[] = []
      for await (const one of store.accounts.list()) names.push(one.name)
      assert.deepEqual(names, [...names].sort())
      value(await store.accounts.remove(id))
      assert.equal(await store.accounts.get(id), undefined)
      assert.equal(await store.mailboxes.find(id, 'INBOX'), undefined)
      assert.equal(await store.messages.read(id, row.emailId, 0, 10), undefined)
      assert.deepEqual(await store.accounts.usage(id), { bytes: 0, messages: 0 })
    })

    it('a message whose keys have a NUL, as encoded words can, is read, copied and expunged as others are', async () => {
      const { id, inbox } = await account()
      const [uid] = await add(store, id, inbox, 'a\0b')
      assert.ok(uid)
      const box = value(await store.mailboxes.create(id, 'Box')).value
      value(await store.messages.copy(id, inbox.id, [uid], box.id))
      assert.match((await rowsOf(store, id, box))[0]?.prepared.keys.subject ?? '', /^a[\0\ufffd]b$/)
      for (const mailbox of [inbox, box]) {
        const done = await store.messages.expunge(id, mailbox.id, [uid], { only: 'all' })
        assert.deepEqual(value(done).value, [uid])
      }
      assert.deepEqual(await store.check(id), [])
    })

    it('a mailbox and an account with many messages leave nothing', async () => {
      const { id, inbox } = await account()
      const many = Array.from({ length: 250 }, (_, nth) => `message ${nth}`)
      const { value: big } = value(await store.mailboxes.create(id, 'Big'))
      const uids = await add(store, id, big, ...many)
      // One copy stays.
      value(await store.messages.copy(id, big.id, uids.slice(0, 1), inbox.id))
      const { commit } = value(await store.mailboxes.remove(id, 'Big'))
      assert.deepEqual(
        commit.list.map((change) => [change.kind, change.mailbox, change.name]),
        [['deleted', big.id, 'Big']],
      )
      const modSeqs = commit.mailboxes.map((change) => change.modSeq)
      assert.deepEqual(
        modSeqs,
        [...new Set(modSeqs)].sort((a, b) => a - b),
      )
      assert.equal((await store.accounts.usage(id)).messages, 1)
      assert.equal((await rowsOf(store, id, inbox))[0]?.prepared.preview, 'message 0')
      assert.deepEqual(await store.check(id), [])

      await add(store, id, inbox, ...many)
      const rows = await rowsOf(store, id, inbox)
      value(await store.accounts.remove(id))
      assert.equal(await store.accounts.get(id), undefined)
      assert.deepEqual(await store.mailboxes.list(id), [])
      for (const row of rows) assert.equal(await store.messages.read(id, row.emailId, 0, 10), undefined)
    })

    it('an import gives its UIDVALIDITY and UIDNEXT to a mailbox that was never used, and to no other', async () => {
      const { id, inbox } = await account()
      const options = { uidValidity: uidValidity(1234), uidNext: uid(10) }
      const adopted = value(await store.mailboxes.create(id, 'INBOX', options)).value
      assert.deepEqual([adopted.id, adopted.uidValidity, adopted.uidNext], [inbox.id, 1234, 10])
      assert.equal((await store.mailboxes.find(id, 'INBOX'))?.uidValidity, 1234)
      const later = value(await store.mailboxes.create(id, 'INBOX', { ...options, uidNext: uid(20) })).value
      assert.equal(later.uidNext, 20)
      const again = await store.mailboxes.create(id, 'INBOX', { uidValidity: uidValidity(1235) })
      assert.equal(!again.ok && again.fault.kind, 'mailbox-exists')
    })

    it('append gives rising UIDs, one mod-sequence a commit, and counts', async () => {
      const { id, inbox } = await account()
      const written = value(
        await store.messages.append(id, inbox.id, [message('a'), message('b', { flags: ['\\Seen', '$Junk'] })]),
      )
      assert.deepEqual(written.value, [1, 2])
      const [change] = written.commit.mailboxes
      assert.equal(change?.after, inbox.highestModSeq)
      assert.equal(change?.modSeq, inbox.highestModSeq + 1)
      assert.deepEqual(
        change?.changes.map((one) => one.kind),
        ['added'],
      )
      const now = await named(store, id, 'INBOX')
      assert.deepEqual([now.messages, now.unseen, now.deleted, now.uidNext], [2, 1, 0, 3])
      assert.equal(now.size, (await store.accounts.usage(id)).bytes)
    })

    it('a snapshot of a big mailbox is one moment, whatever is written while it is read', async () => {
      const { id, inbox } = await account()
      const many = Array.from({ length: 6000 }, () => message('x'))
      const uids = value(await store.messages.append(id, inbox.id, many)).value
      const reading = store.messages.snapshot(id, inbox.id)
      const changed = uids.filter((one) => one % 1000 === 0)
      value(await store.messages.storeFlags(id, inbox.id, changed, 'add', flagSet(['\\Deleted'])))
      value(await store.messages.expunge(id, inbox.id, changed, { only: 'all' }))
      value(await store.messages.append(id, inbox.id, [message('y')]))
      const snapshot = await reading
      assert.ok(snapshot)
      const { mailbox, modSeqs } = snapshot
      assert.equal(snapshot.uids.length, mailbox.messages)
      assert.ok(snapshot.uids.every((one, at) => one > (at === 0 ? 0 : (snapshot.uids[at - 1] ?? 0))))
      assert.ok(modSeqs.every((one) => one <= mailbox.highestModSeq))
      assert.equal((await store.messages.snapshot(id, inbox.id))?.uids.length, 5995)
    })

    it('gives back octets, ranges of octets, and what was prepared', async () => {
      const { id, inbox } = await account()
      const big = { ...message('big'), bytes: Buffer.alloc(1_000_000, 'x') }
      big.bytes.write('needle', 300_000)
      const header = big.bytes.subarray(0, big.prepared.headerSize)
      const prepared = { ...big.prepared, size: big.bytes.length, header }
      value(await store.messages.append(id, inbox.id, [{ ...big, prepared }]))
      const [row] = await rowsOf(store, id, inbox)
      assert.ok(row)
      assert.equal((await store.messages.read(id, row.emailId, 299_999, 300_007))?.toString(), 'xneedlex')
      assert.ok((await store.messages.read(id, row.emailId, 0, 1_000_000))?.equals(big.bytes))
      assert.equal(row.prepared.envelope.toString(), '(NIL "big")')
      assert.deepEqual(row.prepared.structure, prepared.structure)
      assert.deepEqual(row.prepared.keys, prepared.keys)
      assert.equal(row.prepared.preview, 'big')
      assert.ok(row.prepared.header?.equals(header))
      await add(store, id, inbox, 'without')
      assert.equal((await rowsOf(store, id, inbox))[1]?.prepared.header, undefined)
    })

    it('what was prepared of many parts is given a megabyte at a time', async () => {
      const { id, inbox } = await account()
      const { bytes, prepared, ...rest } = message('many parts')
      const large = { ...rest, bytes, prepared: { ...prepared, bodyStructure: Buffer.alloc(600_000, '(') } }
      const { value: uids } = value(await store.messages.append(id, inbox.id, Array(7).fill(large)))
      await add(store, id, inbox, 'small', 'small', 'small')
      value(
        await store.messages.expunge(
          id,
          inbox.id,
          [uids[2], uids[6]].flatMap((gone) => gone ?? []),
          { only: 'all' },
        ),
      )
      const batches: number[][] = []
      const asked = Array.from({ length: 10 }, (_, nth) => uid(nth + 1))
      for await (const batch of store.messages.rows(id, inbox.id, asked)) batches.push(batch.map((row) => row.uid))
      assert.deepEqual(batches.flat(), [1, 2, 4, 5, 6, 8, 9, 10])
      assert.ok(
        batches.every((batch) => batch.filter((number) => number < 8).length <= 2),
        JSON.stringify(batches),
      )
    })

    it('a failed append leaves nothing', async () => {
      const { id, inbox } = await account()
      const quota = { bytes: 50, messages: 0 }
      const failed = await store.messages.append(id, inbox.id, [message('a'), message('this one is too much')], {
        quota,
      })
      assert.equal(failed.ok ? '' : failed.fault.kind, 'over-quota')
      assert.equal((await named(store, id, 'INBOX')).uidNext, 1)
      assert.deepEqual(await store.check(id), [])
    })

    it('replaces a message in one commit, also into another mailbox; the quota counts the difference', async () => {
      const { id, inbox } = await account()
      const [first, second] = await add(store, id, inbox, 'a', 'b')
      assert.ok(first && second)
      const { bytes } = await store.accounts.usage(id)
      const quota = { bytes, messages: 2 }
      const same = value(await store.messages.replace(id, inbox.id, first, inbox.id, message('c'), { quota }))
      assert.equal(same.value, 3)
      assert.deepEqual(
        same.commit.mailboxes.flatMap((change) => change.changes.map(({ kind }) => kind)),
        ['added', 'expunged'],
      )
      const longer = await store.messages.replace(id, inbox.id, second, inbox.id, message('longer'), { quota })
      assert.equal(longer.ok ? '' : longer.fault.kind, 'over-quota')
      const gone = await store.messages.replace(id, inbox.id, first, inbox.id, message('d'))
      assert.equal(gone.ok ? '' : gone.fault.kind, 'message-gone')
      const { value: other } = value(await store.mailboxes.create(id, 'Other'))
      assert.equal(value(await store.messages.replace(id, inbox.id, second, other.id, message('d'))).value, 1)
      assert.deepEqual(
        (await rowsOf(store, id, inbox)).map((row) => [row.uid, row.prepared.preview]),
        [[3, 'c']],
      )
      assert.equal((await named(store, id, 'Other')).messages, 1)
      assert.deepEqual(await store.check(id), [])
    })

    it('flags: add, remove, replace; unchanged ones cost no mod-sequence', async () => {
      const { id, inbox } = await account()
      const uids = await add(store, id, inbox, 'a', 'b')
      const seen = flagSet(['\\seen'])
      const first = value(await store.messages.storeFlags(id, inbox.id, uids, 'add', seen))
      assert.deepEqual(
        first.value.rows.map((row) => row.flags.wire),
        ['(\\Seen)', '(\\Seen)'],
      )
      const again = value(await store.messages.storeFlags(id, inbox.id, uids, 'add', seen))
      assert.deepEqual(again.commit.mailboxes, [])
      assert.equal(again.value.rows.length, 2)
      const one = uids.slice(0, 1)
      value(await store.messages.storeFlags(id, inbox.id, one, 'replace', flagSet(['\\Deleted', 'Work'])))
      value(await store.messages.storeFlags(id, inbox.id, one, 'remove', flagSet(['work'])))
      const now = await named(store, id, 'INBOX')
      assert.deepEqual([now.unseen, now.deleted], [1, 1])
      assert.deepEqual(await store.check(id), [])
    })

    it('unchangedSince leaves out what changed later', async () => {
      const { id, inbox } = await account()
      const uids = await add(store, id, inbox, 'a', 'b')
      const since = (await named(store, id, 'INBOX')).highestModSeq
      value(await store.messages.storeFlags(id, inbox.id, uids.slice(1), 'add', flagSet(['\\Flagged'])))
      const { value: stored } = value(
        await store.messages.storeFlags(id, inbox.id, uids, 'add', flagSet(['\\Seen']), since),
      )
      assert.deepEqual(stored.modified, uids.slice(1))
      assert.deepEqual(
        stored.rows.map((row) => row.uid),
        uids.slice(0, 1),
      )
    })

    it('keywords beyond what programs use count in the quota, wherever they come and go', async () => {
      const { id, inbox } = await account()
      const wordy = (letter: string): ReturnType<typeof flagSet> =>
        flagSet(Array.from({ length: 10 }, (_, nth) => `${letter}${nth}${'x'.repeat(80)}`))
      const used = async (): Promise<number> => (await store.accounts.usage(id)).bytes
      const uids = await add(store, id, inbox, 'a', 'b')
      const plain = await used()
      value(await store.messages.storeFlags(id, inbox.id, uids, 'add', flagSet(['$Junk', 'Work'])))
      assert.equal(await used(), plain)
      const quota = { bytes: plain + 1000, messages: 0 }
      const over = await store.messages.storeFlags(id, inbox.id, uids, 'add', wordy('a'), undefined, { quota })
      assert.equal(over.ok ? '' : over.fault.kind, 'over-quota')
      assert.equal(await used(), plain)
      value(await store.messages.storeFlags(id, inbox.id, uids.slice(0, 1), 'add', wordy('a'), undefined, { quota }))
      const wordiness = (await used()) - plain
      assert.ok(wordiness > 500 && wordiness < 1000)
      const { value: other } = value(await store.mailboxes.create(id, 'Other'))
      const { value: copied } = value(await store.messages.copy(id, inbox.id, uids.slice(0, 1), other.id))
      const copies = await used()
      value(await store.messages.move(id, other.id, copied.destination, inbox.id))
      assert.equal(await used(), copies)
      value(await store.messages.storeFlags(id, inbox.id, uids, 'replace', flagSet([])))
      assert.equal(await used(), copies - wordiness)
      assert.deepEqual(await store.check(id), [])
      value(await store.messages.append(id, inbox.id, [{ ...message('c'), flags: wordy('c') }]))
      assert.deepEqual(await store.check(id), [])
    })

    it('expunge removes, remembers, and never uses a UID again', async () => {
      const { id, inbox } = await account()
      const uids = await add(store, id, inbox, 'a', 'b', 'c')
      const before = (await named(store, id, 'INBOX')).highestModSeq
      value(await store.messages.storeFlags(id, inbox.id, uids.slice(2), 'add', flagSet(['\\Deleted'])))
      const only = value(await store.messages.expunge(id, inbox.id, uids, { only: 'deleted' }))
      assert.deepEqual(only.value, [3])
      assert.deepEqual(value(await store.messages.expunge(id, inbox.id, [uid(1), uid(99)], { only: 'all' })).value, [1])
      assert.deepEqual(await store.messages.expungedSince(id, inbox.id, before), [1, 3])
      assert.deepEqual(await add(store, id, inbox, 'd'), [4])
      assert.deepEqual(await store.check(id), [])
    })

    it('a fence that is not the highest deletes nothing', async () => {
      const { id, inbox } = await account()
      const uids = await add(store, id, inbox, 'a')
      await store.raiseFence(id, fence(10))
      await store.raiseFence(id, fence(20))
      await store.raiseFence(id, fence(15))
      const stale = await store.messages.expunge(id, inbox.id, uids, { only: 'all', fence: fence(10) })
      assert.equal(stale.ok ? '' : stale.fault.kind, 'lease-lost')
      assert.equal((await named(store, id, 'INBOX')).messages, 1)
      assert.deepEqual(
        value(await store.messages.expunge(id, inbox.id, uids, { only: 'all', fence: fence(20) })).value,
        uids,
      )
    })

    it('copy shares octets and gets its own UIDL; the last copy takes the message along', async () => {
      const { id, inbox } = await account()
      value(await store.messages.append(id, inbox.id, [message('a', { uidl: 'imported-1' })]))
      const { value: other } = value(await store.mailboxes.create(id, 'Other'))
      const source = value(await store.messages.append(id, inbox.id, [message('b')])).value
      const { value: copied } = value(await store.messages.copy(id, inbox.id, [uid(1), ...source], other.id))
      assert.deepEqual(copied.destination, [1, 2])
      assert.equal(copied.uidValidity, other.uidValidity)
      const [original] = await rowsOf(store, id, inbox)
      const [copy] = await rowsOf(store, id, other)
      assert.ok(original && copy)
      assert.equal(copy.emailId, original.emailId)
      assert.equal(original.uidl, 'imported-1')
      assert.notEqual(copy.uidl, original.uidl)
      value(await store.messages.expunge(id, inbox.id, [uid(1)], { only: 'all' }))
      assert.ok(await store.messages.read(id, copy.emailId, 0, 5))
      value(await store.messages.expunge(id, other.id, [uid(1)], { only: 'all' }))
      assert.equal(await store.messages.read(id, copy.emailId, 0, 5), undefined)
      assert.deepEqual(await store.check(id), [])
    })

    it('move is one commit over both mailboxes, also within one', async () => {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b', 'c')
      const { value: other } = value(await store.mailboxes.create(id, 'Other'))
      const moved = value(await store.messages.move(id, inbox.id, [uid(1), uid(3)], other.id))
      assert.deepEqual(
        [moved.value.source, moved.value.destination],
        [
          [1, 3],
          [1, 2],
        ],
      )
      assert.deepEqual(
        moved.commit.mailboxes.map((change) => change.mailbox),
        [other.id, inbox.id],
      )
      value(await store.messages.move(id, inbox.id, [uid(2)], inbox.id))
      assert.deepEqual(
        (await rowsOf(store, id, inbox)).map((row) => row.uid),
        [4],
      )
      assert.deepEqual(await store.check(id), [])
    })

    it('changesSince tells what happened, as it is now', async () => {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b')
      const since = (await named(store, id, 'INBOX')).highestModSeq
      await add(store, id, inbox, 'c', 'd')
      value(await store.messages.storeFlags(id, inbox.id, [uid(1), uid(3)], 'add', flagSet(['\\Seen'])))
      value(await store.messages.expunge(id, inbox.id, [uid(2), uid(4)], { only: 'all' }))
      const change = await store.messages.changesSince(id, inbox.id, since)
      assert.ok(change)
      assert.equal(change.modSeq, (await named(store, id, 'INBOX')).highestModSeq)
      const all = new Map(
        change.changes.map((one) => [
          one.kind,
          one.kind === 'expunged' ? [...one.uids] : one.rows.map((row) => row.uid),
        ]),
      )
      assert.deepEqual(all.get('added'), [3])
      assert.deepEqual(all.get('flags'), [1])
      assert.deepEqual(all.get('expunged'), [2])
      assert.deepEqual((await store.messages.changesSince(id, inbox.id, change.modSeq))?.changes, [])
      assert.equal(await store.messages.changesSince(id, inbox.id, modSeq(change.modSeq + 5)), undefined)
    })

    it('mailboxes: parents come along, children are renamed, names are used once', async () => {
      const { id } = await account()
      value(await store.mailboxes.create(id, 'a/b/c'))
      const list = async (): Promise<string[]> => (await store.mailboxes.list(id)).map((mailbox) => mailbox.name)
      assert.deepEqual(await list(), ['INBOX', 'a', 'a/b', 'a/b/c'])
      assert.equal((await store.mailboxes.create(id, 'a')).ok, false)
      const { id: kept } = await named(store, id, 'a/b/c')
      value(await store.mailboxes.rename(id, 'a/b', 'x/y'))
      assert.deepEqual(await list(), ['INBOX', 'a', 'x', 'x/y', 'x/y/c'])
      assert.equal((await named(store, id, 'x/y/c')).id, kept)
      assert.equal((await store.mailboxes.rename(id, 'nothing', 'z')).ok, false)
      assert.equal((await store.mailboxes.rename(id, 'a', 'x')).ok, false)
    })

    it('a level that is no mailbox is renamed with what is below it', async () => {
      const { id } = await account()
      value(await store.mailboxes.create(id, 'a/b/c'))
      value(await store.mailboxes.remove(id, 'a/b'))
      value(await store.mailboxes.rename(id, 'a/b', 'x'))
      const names = (await store.mailboxes.list(id)).map((mailbox) => mailbox.name)
      assert.deepEqual(names, ['INBOX', 'a', 'x/c'])
      assert.equal((await store.mailboxes.rename(id, 'a/b', 'y')).ok, false)
    })

    it('a copy or move that must be of all messages does nothing when one is gone', async () => {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b')
      const { value: other } = value(await store.mailboxes.create(id, 'Other'))
      for (const verb of [store.messages.copy, store.messages.move]) {
        const refused = await verb(id, inbox.id, [uid(1), uid(2), uid(3)], other.id, { missing: 'refuse' })
        assert.equal(!refused.ok && refused.fault.kind, 'message-gone')
      }
      assert.equal((await named(store, id, 'Other')).messages, 0)
      value(await store.messages.move(id, inbox.id, [uid(1), uid(2)], other.id, { missing: 'refuse' }))
      assert.equal((await named(store, id, 'Other')).messages, 2)
    })

    it('a mailbox made again has a higher UIDVALIDITY', async () => {
      const { id } = await account()
      const { value: first } = value(await store.mailboxes.create(id, 'Again'))
      value(await store.mailboxes.remove(id, 'Again'))
      const { value: second } = value(await store.mailboxes.create(id, 'Again'))
      assert.ok(second.uidValidity > first.uidValidity)
      assert.notEqual(second.id, first.id)
      assert.equal((await store.mailboxes.remove(id, 'INBOX')).ok, false)
    })

    it('renaming INBOX moves its messages and leaves an empty one', async () => {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b')
      value(await store.mailboxes.create(id, 'INBOX/child'))
      const { commit } = value(await store.mailboxes.rename(id, 'INBOX', 'Old'))
      assert.deepEqual(
        commit.mailboxes.flatMap(({ changes }) => changes.map(({ kind }) => kind)),
        ['added', 'expunged'],
      )
      const left = await named(store, id, 'INBOX')
      assert.deepEqual(
        [left.id, left.messages],
        [inbox.id, 0],
        'INBOX is the mailbox it was: who has it selected stays',
      )
      assert.equal((await named(store, id, 'Old')).messages, 2)
      assert.ok(await store.mailboxes.find(id, 'INBOX/child'))
      assert.deepEqual(await store.check(id), [])
    })

    it('subscriptions outlive mailboxes', async () => {
      const { id } = await account()
      value(await store.subscriptions.set(id, 'Not there', true))
      assert.ok((await store.subscriptions.list(id)).includes('Not there'))
      value(await store.subscriptions.set(id, 'Not there', false))
      assert.ok(!(await store.subscriptions.list(id)).includes('Not there'))
    })

    it('special uses are kept', async () => {
      const { id } = await account()
      value(await store.mailboxes.create(id, 'Sent', { specialUse: ['\\Sent'], subscribed: true }))
      const sent = await named(store, id, 'Sent')
      assert.deepEqual([sent.specialUse, sent.subscribed], [['\\Sent'], true])
      value(await store.mailboxes.setSpecialUse(id, 'Sent', []))
      assert.deepEqual((await named(store, id, 'Sent')).specialUse, [])
    })

    it('recent messages are given to one session', async () => {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b')
      assert.deepEqual(await store.mailboxes.claimRecent(id, inbox.id), { from: 1, next: 3 })
      assert.deepEqual(await store.mailboxes.claimRecent(id, inbox.id), { from: 3, next: 3 })
      await add(store, id, inbox, 'c')
      const claims = await Promise.all([1, 2, 3].map(() => store.mailboxes.claimRecent(id, inbox.id)))
      assert.deepEqual(
        claims.filter(({ from, next }) => from < next),
        [{ from: 3, next: 4 }],
      )
    })

    it('imports keep UID, UIDVALIDITY and UIDL', async () => {
      const { id } = await account()
      const { value: made } = value(
        await store.mailboxes.create(id, 'Imported', { uidValidity: uidValidity(77), uidNext: uid(100) }),
      )
      assert.deepEqual([made.uidValidity, made.uidNext], [77, 100])
      const written = value(
        await store.messages.append(id, made.id, [message('a', { uid: uid(150), uidl: 'dovecot-150' }), message('b')]),
      )
      assert.deepEqual(written.value, [150, 151])
      assert.equal((await maildropOf(store, id, made))[0]?.uidl, 'dovecot-150')
      assert.equal((await store.messages.append(id, made.id, [message('c', { uid: uid(120) })])).ok, false)
    })

    it('UIDLs are 1-70 printable characters and differ', async () => {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b', 'c')
      const rows = await maildropOf(store, id, inbox)
      assert.equal(new Set(rows.map(({ uidl }) => uidl)).size, 3)
      for (const { uidl } of rows) assert.match(uidl, /^[\x21-\x7e]{1,70}$/)
      assert.deepEqual(await maildropOf(store, id, inbox, uid(1)), rows.slice(1))
      assert.deepEqual(await maildropOf(store, id, inbox, uid(3)), [])
    })

    it('what the line ends of a message add is kept with it, its copies and moves', async () => {
      const { id, inbox } = await account()
      const other = value(await store.mailboxes.create(id, 'Other', {})).value
      const counted = (added: number, options: Parameters<typeof message>[1]) => {
        const plain = message('a', options)
        return { ...plain, prepared: { ...plain.prepared, structure: { ...plain.prepared.structure, added } } }
      }
      value(
        await store.messages.append(id, inbox.id, [
          counted(7, {}),
          counted(8, { flags: ['Key'] }),
          counted(9, { uidl: 'own' }),
          counted(0, { uidl: 'none' }),
        ]),
      )
      const added = async (mailbox: typeof inbox) => (await maildropOf(store, id, mailbox)).map((row) => row.added)
      assert.deepEqual(await added(inbox), [7, 8, 9, 0])
      value(await store.messages.storeFlags(id, inbox.id, [uid(1), uid(3)], 'add', flagSet(['Other'])))
      assert.deepEqual(await added(inbox), [7, 8, 9, 0])
      value(await store.messages.copy(id, inbox.id, [uid(1), uid(2)], other.id))
      value(await store.messages.move(id, inbox.id, [uid(3), uid(4)], other.id))
      assert.deepEqual(
        [await added(inbox), await added(other)],
        [
          [7, 8],
          [7, 8, 9, 0],
        ],
      )
    })

    it('answers join the thread of what they answer', async () => {
      const { id, inbox } = await account()
      value(await store.messages.append(id, inbox.id, [message('a', { messageId: '<1@x>' })]))
      value(
        await store.messages.append(id, inbox.id, [
          message('re', { messageId: '<2@x>', inReplyTo: '<1@x>' }),
          message('other', { messageId: '<3@x>' }),
        ]),
      )
      const threads = (await rowsOf(store, id, inbox)).map((row) => row.threadId)
      assert.equal(threads[0], threads[1])
      assert.notEqual(threads[0], threads[2])
    })

    it('accounts do not see each other', async () => {
      const one = await account()
      const two = await account()
      await add(store, one.id, one.inbox, 'secret')
      const [row] = await rowsOf(store, one.id, one.inbox)
      assert.ok(row)
      assert.equal(await store.messages.read(two.id, row.emailId, 0, 5), undefined)
      assert.equal(await store.mailboxes.get(two.id, one.inbox.id), undefined)
      assert.equal(await store.mailboxes.modSeq(two.id, one.inbox.id), undefined)
      assert.equal(await store.mailboxes.modSeq(one.id, one.inbox.id), one.inbox.highestModSeq + 1)
      assert.equal((await store.messages.append(two.id, one.inbox.id, [message('x')])).ok, false)
    })

    it('many writers at once: every UID once, nothing missing', async () => {
      const { id, inbox } = await account()
      const uids = (
        await Promise.all(Array.from({ length: 200 }, (_nothing, index) => add(store, id, inbox, `m${index}`)))
      ).flat()
      assert.equal(new Set(uids).size, 200)
      assert.equal(Math.max(...uids), 200)
      assert.deepEqual(await store.check(id), [])
    })

    accountsConformance({ describe, it, before, after }, () => store)
    binConformance({ describe, it, before, after }, () => store)
    notesConformance({ describe, it, before, after }, () => store)
    textsConformance({ describe, it, before, after }, () => store)
  })
}
