import assert from 'node:assert/strict'
import { DAY } from '../../terms/calendar'
import { isUnavailable } from '../../terms/errors'
import { flagSet } from '../../terms/flags'
import type { AccountId, BinnedId } from '../../terms/names'
import { type Fence, fence, modSeq, type Uid } from '../../terms/numbers'
import type { BinnedMessage, BinTable } from '../bin'
import type { Mailbox, Store } from '../store'
import { add, maildropOf, message, named, newAccount, rowsOf, value } from './fixtures'
import type { Framework } from './framework'

const BIN = { time: DAY, octets: 1e9 }

async function listOf(bin: BinTable, id: AccountId): Promise<BinnedMessage[]> {
  const all: BinnedMessage[] = []
  for await (const page of bin.list(id)) all.push(...page)
  return all
}
const subjects = async (bin: BinTable, id: AccountId): Promise<string[]> =>
  (await listOf(bin, id)).map(({ keys }) => keys.subject)
const idsOf = async (bin: BinTable, id: AccountId): Promise<BinnedId[]> => (await listOf(bin, id)).map((one) => one.id)

async function accountNames(bin: BinTable): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of bin.accounts.list()) found.push(name)
  return found
}
/** until nothing is over */
async function expireAll(bin: BinTable): Promise<void> {
  while (await bin.expire());
}

/** The recycle bin, of stores that have one. */
export function binConformance({ it }: Framework, store: () => Store): void {
  let count = 0
  const account = (): ReturnType<typeof newAccount> => newAccount(store(), `bin${++count}@example.org`)
  /** Runs where there is a bin. */
  const withBin = (title: string, run: (bin: BinTable) => Promise<void>): void =>
    it(`recycle bin: ${title}`, async () => {
      const { bin } = store()
      if (bin) await run(bin)
    })
  const expunge = async (id: AccountId, { id: box }: Mailbox, uids: readonly Uid[], bin = BIN): Promise<void> => {
    value(await store().messages.expunge(id, box, uids, { only: 'all', bin }))
  }

  withBin('what is in it is expunged for everybody, and the quota is what it is without', async (bin) => {
    const [one, other] = [await account(), await account()]
    for (const { id, inbox } of [one, other]) await add(store(), id, inbox, 'a', 'b', 'c')
    const commits = []
    for (const [{ id, inbox }, where] of [
      [one, { bin: BIN }],
      [other, {}],
    ] as const) {
      const [uid] = (await rowsOf(store(), id, inbox)).slice(1).map((row) => row.uid)
      assert.ok(uid)
      const done = value(await store().messages.expunge(id, inbox.id, [uid], { only: 'all', ...where }))
      commits.push(done.commit.mailboxes.map(({ after, modSeq: now, changes }) => ({ after, now, changes })))
    }
    assert.deepEqual(commits[0], commits[1])
    const seen = async ({ id, inbox }: typeof one) => ({
      usage: await store().accounts.usage(id),
      boxes: (await store().mailboxes.list(id)).map(({ messages, size, unseen, deleted, uidNext, highestModSeq }) => ({
        ...{ messages, size, unseen, deleted, uidNext, highestModSeq },
      })),
      uids: [...((await store().messages.snapshot(id, inbox.id))?.uids ?? [])],
      expunged: await store().messages.expungedSince(id, inbox.id, modSeq(1)),
      changes: (await store().messages.changesSince(id, inbox.id, modSeq(2)))?.changes,
      maildrop: (await maildropOf(store(), id, inbox)).length,
    })
    assert.deepEqual(await seen(one), await seen(other))
    const [kept] = await listOf(bin, one.id)
    assert.ok(kept)
    assert.deepEqual([kept.keys.subject, kept.mailbox, kept.until - kept.removedAt], ['b', 'INBOX', DAY])
    assert.equal((await store().messages.read(one.id, kept.emailId, 0, 10))?.toString(), 'Subject: b')
    assert.deepEqual(await bin.usage(one.id), { bytes: kept.size, messages: 1 })
    assert.deepEqual(await bin.usage(other.id), { bytes: 0, messages: 0 })
    assert.deepEqual(await listOf(bin, other.id), [])
    assert.deepEqual(await bin.get(one.id, [kept.id]), [kept])
    assert.deepEqual(await bin.get(other.id, [kept.id]), [])
    for (const { id } of [one, other]) assert.deepEqual(await store().check(id), [])
  })

  withBin('comes back with flags and date, a new UID and a new unique id, and without \\Deleted', async (bin) => {
    const { id, inbox } = await account()
    const flags = ['\\Seen', '\\Deleted', '$Label', 'Größe']
    const given = message('back', { flags, uidl: 'of-an-import' })
    const [first] = value(await store().messages.append(id, inbox.id, [given])).value
    const [before] = await rowsOf(store(), id, inbox)
    assert.ok(first && before)
    value(await store().messages.expunge(id, inbox.id, [first], { only: 'deleted', bin: BIN }))
    const done = value(await bin.restore(id, await idsOf(bin, id)))
    assert.deepEqual(done.value, [{ mailbox: 'INBOX', messages: 1 }])
    const [row] = await rowsOf(store(), id, inbox)
    assert.ok(row)
    assert.deepEqual(
      [row.uid, row.internalDate, row.size, row.emailId, row.threadId],
      [2, given.internalDate, given.bytes.length, before.emailId, before.threadId],
    )
    assert.deepEqual([...row.flags.names].sort(), ['\\Seen', '$Label', 'Größe'].sort())
    assert.notEqual(row.uidl, 'of-an-import')
    const [change] = done.commit.mailboxes
    const [added] = change?.changes ?? []
    assert.equal(added?.kind, 'added')
    assert.deepEqual(added.kind === 'added' && added.rows.map(({ uid, modSeq: at }) => [uid, at]), [[2, row.modSeq]])
    assert.deepEqual(await store().accounts.usage(id), { bytes: row.size + 0, messages: 1 })
    assert.deepEqual([await bin.usage(id), await listOf(bin, id)], [{ bytes: 0, messages: 0 }, []])
    assert.deepEqual(await store().check(id), [])
    // What is not there any more is passed over.
    assert.deepEqual(value(await bin.restore(id, ['B1-1', 'nonsense'] as BinnedId[])).value, [])
  })

  withBin('the messages of a mailbox come back with it: 250, and its parent', async (bin) => {
    const { id } = await account()
    const big = value(await store().mailboxes.create(id, 'Up/Big')).value
    const texts = Array.from({ length: 250 }, (_, nth) => `m${nth}`)
    await add(store(), id, big, ...texts)
    value(await store().mailboxes.remove(id, 'Up/Big', BIN))
    value(await store().mailboxes.remove(id, 'Up', BIN))
    assert.deepEqual(await store().accounts.usage(id), { bytes: 0, messages: 0 })
    const ids = await idsOf(bin, id)
    assert.equal(new Set(ids).size, 250)
    // Behind one of them the list goes on.
    const [at] = await bin.get(id, ids.slice(99, 100))
    assert.ok(at)
    const rest: BinnedId[] = []
    for await (const page of bin.list(id, at)) rest.push(...page.map((one) => one.id))
    assert.deepEqual(rest, ids.slice(100))
    const done = value(await bin.restore(id, ids))
    assert.deepEqual(done.value, [{ mailbox: 'Up/Big', messages: 250 }])
    assert.deepEqual(
      done.commit.list.map(({ kind, name }) => [kind, name]),
      [
        ['created', 'Up'],
        ['created', 'Up/Big'],
      ],
    )
    const again = await named(store(), id, 'Up/Big')
    assert.ok(again.id !== big.id && again.uidValidity > big.uidValidity)
    const found = (await rowsOf(store(), id, again)).map((row) => row.prepared.keys.subject)
    assert.deepEqual([...found].sort(), [...texts].sort())
    assert.deepEqual(await store().check(id), [])
  })

  withBin('goes back to where its mailbox is now, or to what has its name', async (bin) => {
    const { id } = await account()
    const moved = value(await store().mailboxes.create(id, 'Old name')).value
    const made = value(await store().mailboxes.create(id, 'Again')).value
    await expunge(id, moved, await add(store(), id, moved, 'one'))
    await expunge(id, made, await add(store(), id, made, 'two'))
    value(await store().mailboxes.rename(id, 'Old name', 'New name'))
    value(await store().mailboxes.remove(id, 'Again', BIN))
    value(await store().mailboxes.create(id, 'Again'))
    const done = value(await bin.restore(id, await idsOf(bin, id)))
    assert.deepEqual(
      [...done.value].sort((a, b) => (a.mailbox < b.mailbox ? -1 : 1)),
      [
        { mailbox: 'Again', messages: 1 },
        { mailbox: 'New name', messages: 1 },
      ],
    )
    assert.deepEqual(done.commit.list, [])
    assert.deepEqual(await store().check(id), [])
  })

  withBin('a full mailbox says so, and nothing comes back', async (bin) => {
    const { id, inbox } = await account()
    await expunge(id, inbox, await add(store(), id, inbox, 'a', 'b'))
    const ids = await idsOf(bin, id)
    for (const quota of [
      { bytes: 30, messages: 0 },
      { bytes: 0, messages: 1 },
    ]) {
      assert.deepEqual(await bin.restore(id, ids, quota), { ok: false, fault: { kind: 'over-quota' } })
    }
    assert.deepEqual((await bin.usage(id)).messages, 2)
    assert.deepEqual(await store().accounts.usage(id), { bytes: 0, messages: 0 })
    assert.deepEqual(value(await bin.restore(id, ids, { bytes: 0, messages: 2 })).value, [
      { mailbox: 'INBOX', messages: 2 },
    ])
  })

  withBin('has a bound: the oldest give way, and what is larger than all of it is gone', async (bin) => {
    const { id, inbox } = await account()
    const room = { time: DAY, octets: 4 * 1100 }
    for (const text of ['1', '2', '3', '4', '5', '6']) {
      await expunge(id, inbox, await add(store(), id, inbox, text), room)
    }
    assert.deepEqual(await subjects(bin, id), ['6', '5', '4', '3'])
    const large = { ...message('large'), bytes: Buffer.alloc(5000, 'x') }
    const uids = value(await store().messages.append(id, inbox.id, [large])).value
    await expunge(id, inbox, uids, room)
    assert.deepEqual(await subjects(bin, id), ['6', '5', '4', '3'])
    // Of many at once those that fit.
    await expunge(id, inbox, await add(store(), id, inbox, 'a', 'b', 'c', 'd', 'e', 'f'), room)
    assert.equal((await listOf(bin, id)).length, 4)
    assert.deepEqual(await store().accounts.usage(id), { bytes: 0, messages: 0 })
    assert.deepEqual(await store().check(id), [])
  })

  withBin('what is erased is gone, but not from the mailboxes that have it too', async (bin) => {
    const { id, inbox } = await account()
    const uids = await add(store(), id, inbox, 'both', 'gone', 'stays')
    const box = value(await store().mailboxes.create(id, 'Box')).value
    value(await store().messages.copy(id, inbox.id, uids.slice(0, 1), box.id))
    await expunge(id, inbox, uids)
    const all = await listOf(bin, id)
    const of = (subject: string): BinnedMessage => {
      const found = all.find(({ keys }) => keys.subject === subject)
      assert.ok(found)
      return found
    }
    const erased = await bin.erase(id, [of('both').id, of('gone').id, of('gone').id])
    assert.deepEqual([erased.messages, erased.bytes], [2, of('both').size + of('gone').size])
    assert.deepEqual(erased.gone, [of('gone').emailId])
    const left = await bin.left(id, erased.gone)
    // The text index loses it in the background.
    assert.deepEqual(
      left.filter((one) => !one.includes('text index')),
      [],
    )
    assert.match((await bin.left(id, [of('stays').emailId])).join(), /^1 messages in messages/)
    assert.notDeepEqual(await bin.left(id, 'all'), [])
    assert.notEqual(erased.disk, '')
    assert.equal(await store().messages.read(id, of('gone').emailId, 0, 9), undefined)
    assert.equal((await store().messages.read(id, of('both').emailId, 0, 9))?.toString(), 'Subject: ')
    assert.deepEqual(await subjects(bin, id), ['stays'])
    assert.deepEqual(value(await bin.restore(id, [of('gone').id])).value, [])
    assert.deepEqual(await store().check(id), [])
    assert.equal((await bin.erase(id, 'all')).messages, 1)
    assert.deepEqual([await listOf(bin, id), await bin.usage(id)], [[], { bytes: 0, messages: 0 }])
    assert.equal((await bin.erase(id, 'all')).messages, 0)
    assert.deepEqual(await store().check(id), [])
  })

  withBin('what is over is erased, and the rest stays', async (bin) => {
    const [one, other] = [await account(), await account()]
    const uids = await add(store(), one.id, one.inbox, ...Array.from({ length: 220 }, (_, nth) => `old${nth}`))
    await expunge(one.id, one.inbox, uids, { time: 0, octets: 1e9 })
    await expunge(other.id, other.inbox, await add(store(), other.id, other.inbox, 'over'), { time: 0, octets: 1e9 })
    await expunge(one.id, one.inbox, await add(store(), one.id, one.inbox, 'new'))
    const [, old] = await listOf(bin, one.id)
    assert.ok(old)
    const before = await bin.total()
    await expireAll(bin)
    assert.deepEqual([await subjects(bin, one.id), await subjects(bin, other.id)], [['new'], []])
    assert.ok((await bin.total()).messages <= before.messages - 221)
    assert.equal(await store().messages.read(one.id, old.emailId, 0, 1), undefined)
    for (const { id } of [one, other]) assert.deepEqual(await store().check(id), [])
  })

  withBin('a session whose lease was lost puts nothing into it; REPLACE and a move never do', async (bin) => {
    const { id, inbox } = await account()
    const [first, second] = await add(store(), id, inbox, 'a', 'b')
    assert.ok(first && second)
    await store().raiseFence(id, fence(5))
    const late = { only: 'all', bin: BIN, fence: fence(4) as Fence } as const
    assert.equal((await store().messages.expunge(id, inbox.id, [first], late)).ok, false)
    value(await store().messages.replace(id, inbox.id, first, inbox.id, message('new')))
    const box = value(await store().mailboxes.create(id, 'Box')).value
    value(await store().messages.move(id, inbox.id, [second], box.id))
    value(await store().mailboxes.rename(id, 'Box', 'Other'))
    assert.deepEqual(await bin.usage(id), { bytes: 0, messages: 0 })
    assert.deepEqual(await store().check(id), [])
  })

  withBin('an account that was removed by mistake is hidden, keeps its name, and comes back whole', async (bin) => {
    const { id, inbox } = await account()
    const name = (await store().accounts.get(id))?.name ?? ''
    await add(store(), id, inbox, 'kept')
    const before = await store().accounts.get(id)
    value(await bin.accounts.put(id, DAY))
    assert.deepEqual([await store().accounts.get(id), await store().accounts.find(name)], [undefined, undefined])
    for await (const one of store().accounts.list()) assert.notEqual(one.name, name)
    assert.equal((await store().accounts.update(id, () => ({ ok: true, value: {} }))).ok, false)
    assert.equal((await store().accounts.remove(id)).ok, false)
    const again = await store().accounts.create({ name, credentials: {} })
    assert.match(!again.ok && again.fault.kind === 'not-permitted' ? again.fault.why : '', /was removed/)
    assert.equal((await bin.accounts.put(id, DAY)).ok, false)
    await assert.rejects(store().raiseFence(id, fence(9)), isUnavailable)
    assert.equal((await bin.accounts.find(name.toUpperCase()))?.id, id)
    assert.ok((await accountNames(bin)).includes(name))
    assert.equal(value(await bin.accounts.restore(name.toUpperCase())).id, id)
    assert.deepEqual(await store().accounts.get(id), before)
    assert.equal(await bin.accounts.find(name), undefined)
    await store().raiseFence(id, fence(9))
    assert.equal((await bin.accounts.restore(name)).ok, false)
    assert.equal((await bin.accounts.erase(name)).ok, false)
    assert.equal((await rowsOf(store(), id, inbox)).length, 1)
    assert.deepEqual(await store().check(id), [])
  })

  withBin('an account is erased with its bin, on demand and when its time is over', async (bin) => {
    const [one, other] = [await account(), await account()]
    const emails = []
    for (const { id, inbox } of [one, other]) {
      await expunge(id, inbox, await add(store(), id, inbox, 'binned'))
      await add(store(), id, inbox, 'there')
      emails.push((await rowsOf(store(), id, inbox))[0]?.emailId, (await listOf(bin, id))[0]?.emailId)
    }
    const names = await Promise.all([one, other].map(async ({ id }) => (await store().accounts.get(id))?.name ?? ''))
    value(await bin.accounts.put(one.id, DAY))
    const erased = value(await bin.accounts.erase(names[0] ?? ''))
    assert.equal(erased.messages, 2)
    assert.deepEqual(
      (await bin.left(one.id, 'all')).filter((left) => !left.includes('text index')),
      [],
    )
    value(await bin.accounts.put(other.id, 0))
    assert.equal((await bin.accounts.restore(names[1] ?? '')).ok, false)
    await expireAll(bin)
    const left = await accountNames(bin)
    for (const [nth, { id }] of [one, other].entries()) {
      assert.ok(!left.includes(names[nth] ?? ''))
      assert.deepEqual(await store().mailboxes.list(id), [])
      assert.deepEqual([await listOf(bin, id), await bin.usage(id)], [[], { bytes: 0, messages: 0 }])
      for (const email of emails.slice(2 * nth, 2 * nth + 2)) {
        assert.ok(email)
        assert.equal(await store().messages.read(id, email, 0, 1), undefined)
      }
    }
    // Its name is free again.
    const again = await newAccount(store(), names[0] ?? '')
    assert.notEqual(again.id, one.id)
  })

  withBin('an account that is erased while others restore it is whole or gone', async (bin) => {
    for (let round = 0; round < 5; round++) {
      const { id, inbox } = await account()
      const name = (await store().accounts.get(id))?.name ?? ''
      await add(store(), id, inbox, ...Array.from({ length: 250 }, (_, nth) => `m${nth}`))
      value(await bin.accounts.put(id, DAY))
      const [restored, erased] = await Promise.all([bin.accounts.restore(name), bin.accounts.erase(name)])
      assert.notEqual(restored.ok, erased.ok)
      const there = await store().accounts.get(id)
      assert.equal(there !== undefined, restored.ok)
      assert.equal((await store().accounts.usage(id)).messages, restored.ok ? 250 : 0)
      if (restored.ok) assert.deepEqual(await store().check(id), [])
    }
  })

  withBin('many remove and give back at once: every message is somewhere, once', async (bin) => {
    const { id, inbox } = await account()
    const uids = await add(store(), id, inbox, ...Array.from({ length: 60 }, (_, nth) => `m${nth}`))
    await Promise.all(uids.map((uid) => expunge(id, inbox, [uid])))
    const ids = await idsOf(bin, id)
    const halves = [ids.slice(0, 40), ids.slice(20)]
    const done = await Promise.all(halves.map((half) => bin.restore(id, half)))
    const counts = done.flatMap((one) => value(one).value.map(({ messages }) => messages))
    assert.equal(
      counts.reduce((sum, n) => sum + n, 0),
      60,
    )
    assert.equal((await rowsOf(store(), id, inbox)).length, 60)
    assert.deepEqual(await store().check(id), [])
  })

  withBin('nothing of it shows flags of others: an empty set stays empty', async (bin) => {
    const { id, inbox } = await account()
    await expunge(id, inbox, await add(store(), id, inbox, 'plain'))
    const [one] = await listOf(bin, id)
    assert.deepEqual(one?.flags.names, flagSet([]).names)
  })
}
