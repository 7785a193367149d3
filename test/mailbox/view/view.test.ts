import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import type { AccountMail, Bus, MailRoom, Notice, Update, View } from '../../../lib/mailbox/mailbox'
import { createState } from '../../../lib/mailbox/view/state'
import type { MailboxChange } from '../../../lib/store/change'
import { flagSet, NO_FLAGS } from '../../../lib/terms/flags'
import { type Uid, uid } from '../../../lib/terms/numbers'
import { silentLog } from '../../../lib/terms/ports'
import { type FakeStore, fakeStore } from '../fake-store'
import { mailOf, plainPrepare, roomOver, value } from '../room'

const message = { bytes: Buffer.from('subject: x\r\n\r\nbody\r\n'), flags: NO_FLAGS, internalDate: 1 }
const deleted = flagSet(['\\Deleted'])
const seen = flagSet(['\\Seen'])
const flagged = flagSet(['\\Flagged'])

const short = (updates: readonly Update[]) =>
  updates.map((one) => {
    if (one.kind === 'exists') return `${one.count} EXISTS`
    return one.kind === 'expunge' ? `${one.seq} EXPUNGE` : `${one.seq} FETCH ${one.flags.wire}`
  })
const uidsOf = (view: View): Uid[] => Array.from({ length: view.exists }, (_, index) => view.uidAt(index + 1))
const uids = (...numbers: number[]): Uid[] => numbers.map(uid)

describe('mailbox view', () => {
  let store: FakeStore
  let room: MailRoom
  let mail: AccountMail
  beforeEach(async () => {
    store = fakeStore()
    room = roomOver(store)
    mail = mailOf(room)
  })
  afterEach(() => room.close())

  const open = async (how: 'claim' | 'peek' = 'claim') => value(await mail.open('INBOX', how))
  /** Appends behind the room's back. */
  async function committed(count: number): Promise<MailboxChange> {
    const inbox = await mail.find('INBOX')
    const prepared = { ...message, prepared: plainPrepare(message.bytes) }
    const written = inbox && (await store.messages.append(mail.id, inbox.id, Array(count).fill(prepared)))
    return written?.ok === true ? (written.value.commit.mailboxes[0] ?? assert.fail()) : assert.fail()
  }
  const append = async (count: number) => value(await mail.append('INBOX', Array(count).fill(message)))
  async function expunge(view: View, gone: Uid[]): Promise<void> {
    value(await mail.storeFlags(view, gone, 'add', deleted))
    value(await mail.expunge(view, gone))
  }

  it('tells expunges highest first, then EXISTS, then flags with the new numbers (RFC 9051 7.5.1)', async () => {
    await append(5)
    const [mine, other] = [await open(), await open()]
    await append(2)
    await expunge(other, uids(2, 4))
    value(await mail.storeFlags(other, uids(5), 'add', seen))
    assert.deepEqual(uidsOf(mine), [1, 2, 3, 4, 5])
    assert.deepEqual(short(await mine.sync('say')), ['4 EXPUNGE', '2 EXPUNGE', '5 EXISTS', '3 FETCH (\\Seen)'])
    assert.deepEqual(uidsOf(mine), [1, 3, 5, 6, 7])
  })

  it('keeps the numbers of expunged messages while expunges are held, and tells new messages behind them', async () => {
    await append(4)
    const [mine, other] = [await open(), await open()]
    const before = mine.highestModSeq
    await expunge(other, uids(1, 3))
    await append(1)
    value(await mail.storeFlags(other, uids(4), 'add', seen))
    assert.deepEqual(short(await mine.sync('hold')), ['5 EXISTS', '4 FETCH (\\Seen)'])
    assert.deepEqual(uidsOf(mine), [1, 2, 3, 4, 5])
    assert.equal(mine.seqOf(3), 3)
    assert.equal(mine.sizeAt(3), message.bytes.length)
    assert.equal(mine.flagsAt(3).has('\\Deleted'), true)
    await append(1)
    await expunge(other, uids(5))
    assert.deepEqual(short(await mine.sync('hold')), ['6 EXISTS'])
    // RFC 7162 3.1.2.1: a client that comes back with this number must still be told of the first expunge.
    const log = value({
      ok: true,
      value: await store.messages.changesSince(mail.id, mine.mailbox.id, mine.highestModSeq),
    })
    const later = log?.changes.flatMap((one) => (one.kind === 'expunged' ? one.uids : []))
    assert.deepEqual(later, [1, 3, 5])
    assert.ok(mine.highestModSeq >= before)
    assert.deepEqual(short(await mine.sync('say')), ['5 EXPUNGE', '3 EXPUNGE', '1 EXPUNGE'])
    assert.deepEqual(uidsOf(mine), [2, 4, 6])
    assert.equal(mine.hasNews, false)
  })

  it('never tells of a message that came and went before the client heard of it', async () => {
    const [mine, other] = [await open(), await open()]
    await append(2)
    await other.sync('say')
    await expunge(other, uids(1))
    assert.deepEqual(short(await mine.sync('hold')), ['1 EXISTS'])
    assert.deepEqual(uidsOf(mine), [2])
    assert.deepEqual(await mine.sync('say'), [])
  })

  it('does not repeat a silent STORE, but tells what somebody else did to the same message (RFC 9051 6.4.6)', async () => {
    await append(2)
    const [mine, other] = [await open(), await open()]
    mine.quiet(uids(1, 2))
    value(await mail.storeFlags(mine, uids(1, 2), 'add', seen))
    assert.deepEqual(await mine.sync('say'), [])
    assert.deepEqual(short(await other.sync('say')), ['1 FETCH (\\Seen)', '2 FETCH (\\Seen)'])

    value(await mail.storeFlags(other, uids(1), 'add', flagged))
    mine.quiet(uids(1, 2))
    value(await mail.storeFlags(mine, uids(1, 2), 'remove', seen))
    assert.deepEqual(short(await mine.sync('say')), ['1 FETCH (\\Flagged)'])
  })

  it('is silent about the next STORE only; a promise of silence ends with sync', async () => {
    await append(2)
    const mine = await open()
    mine.quiet(uids(1))
    value(await mail.storeFlags(mine, uids(1), 'add', seen))
    assert.deepEqual(await mine.sync('say'), [])
    mine.quiet(uids(2))
    await mine.sync('say')
    value(await mail.storeFlags(mine, uids(2), 'add', seen))
    assert.deepEqual(short(await mine.sync('say')), ['2 FETCH (\\Seen)'])
    // One that changes nothing uses it up.
    mine.quiet(uids(2))
    value(await mail.storeFlags(mine, uids(2), 'add', seen))
    value(await mail.storeFlags(mine, uids(2), 'remove', seen))
    assert.deepEqual(short(await mine.sync('say')), ['2 FETCH ()'])
  })

  it('tells a change that was caught up with together with our own silent one', async () => {
    await append(1)
    const mine = await open()
    const inAnotherProcess = roomOver(store)
    const other = mailOf(inAnotherProcess)
    const theirs = value(await other.open('INBOX', 'peek'))
    value(await other.storeFlags(theirs, uids(1), 'add', flagged))
    mine.quiet(uids(1))
    value(await mail.storeFlags(mine, uids(1), 'add', seen))
    assert.deepEqual(short(await mine.sync('say')), ['1 FETCH (\\Flagged \\Seen)'])
    await inAnotherProcess.close()
  })

  it('tells each listener that there is news until it leaves, and a bad one ends no other', async () => {
    const view = await open()
    const heard: string[] = []
    view.onNews(() => {
      throw new Error('a bad listener')
    })
    const leave = view.onNews(() => heard.push('first'))
    view.onNews(() => heard.push('second'))
    await append(1)
    await turn()
    leave()
    await append(1)
    await turn()
    assert.deepEqual(heard, ['first', 'second', 'second'])
  })

  it('calls for news once per turn, and no more after close', async () => {
    await append(1)
    const [mine, other] = [await open(), await open()]
    let calls = 0
    mine.onNews(() => {
      calls++
    })
    await Promise.all([append(1), append(1), append(1)])
    await turn()
    assert.equal(calls, 1)
    assert.equal(mine.hasNews, true)
    await mine.sync('say')
    assert.equal(mine.hasNews, false)
    value(await mail.storeFlags(other, uids(1), 'add', seen))
    await turn()
    assert.equal(calls, 2)
    mine.close()
    await append(1)
    await turn()
    assert.equal(calls, 2)
  })

  it('counts \\Recent for the session that was first told, and for no other (RFC 3501 2.3.2)', async () => {
    await append(2)
    const examined = await open('peek')
    assert.equal(examined.recentCount, 2)
    const first = await open()
    const second = await open()
    assert.deepEqual([first.recentCount, second.recentCount], [2, 0])
    await append(1)
    const told = await first.sync('say')
    assert.deepEqual(told, [{ kind: 'exists', count: 3, recent: 3 }])
    assert.deepEqual(await second.sync('say'), [{ kind: 'exists', count: 3, recent: 0 }])
    assert.equal(first.isRecent(3), true)
    for (const view of [examined, first, second]) view.close()
    // Claimed for good when the last one left.
    const later = value(await mailOf(roomOver(store)).open('INBOX', 'claim'))
    assert.equal(later.recentCount, 0)
  })

  it('folds a long chain of changes into a session that says nothing, and loses none', async () => {
    await append(3)
    const [idle, busy] = [await open(), await open()]
    value(await mail.storeFlags(busy, uids(3), 'add', seen))
    for (let nth = 0; nth < 5000; nth++) {
      value(await mail.storeFlags(busy, uids(2), nth % 2 === 0 ? 'add' : 'remove', seen))
      if (nth === 100) await expunge(busy, uids(1))
      if (nth % 1000 === 0) await busy.sync('say')
    }
    value(await mail.storeFlags(busy, uids(2), 'add', flagged))
    assert.deepEqual(uidsOf(idle), [1, 2, 3])
    assert.deepEqual(short(await idle.sync('say')), ['1 EXPUNGE', '1 FETCH (\\Flagged)', '2 FETCH (\\Seen)'])
  })

  it('applies commits that are heard of in the wrong order, without asking the store', async () => {
    await append(3)
    const mine = await open()
    store.hold()
    const writes = [1, 2, 3].map((one) => mail.storeFlags(mine, uids(one), 'add', seen))
    await turn()
    const before = store.asked.changes
    store.letGo((waiting) => waiting - 1)
    await Promise.all(writes)
    await turn()
    assert.deepEqual(short(await mine.sync('say')), ['1 FETCH (\\Seen)', '2 FETCH (\\Seen)', '3 FETCH (\\Seen)'])
    assert.ok(store.asked.changes - before <= 1)
  })

  it('catches up by a new snapshot when the log of the store has ended', async () => {
    await append(4)
    const mine = await open()
    const elsewhere = roomOver(store)
    const theirs = mailOf(elsewhere)
    const view = value(await theirs.open('INBOX', 'peek'))
    value(await theirs.storeFlags(view, uids(2), 'add', deleted))
    value(await theirs.expunge(view, 'all'))
    value(await theirs.storeFlags(view, uids(3), 'add', seen))
    value(await theirs.append('INBOX', [message]))
    store.forgetLog()
    const snapshots = store.asked.snapshots
    assert.deepEqual(short(await mine.sync('say')), ['2 EXPUNGE', '4 EXISTS', '2 FETCH (\\Seen)'])
    assert.equal(store.asked.snapshots, snapshots + 1)
    await elsewhere.close()
  })

  it('asks again when the store answers from before the commit that it was told of', async () => {
    await append(1)
    const { changesSince } = store.messages
    let stale = 2
    store.messages.changesSince = async (account, mailbox, since) => {
      const change = await changesSince(account, mailbox, since)
      return change && stale-- > 0 ? { ...change, modSeq: since, changes: [] } : change
    }
    const mine = await open()
    const elsewhere = roomOver(store)
    value(await mailOf(elsewhere).append('INBOX', [message]))
    assert.deepEqual(short(await mine.sync('say')), ['2 EXISTS'])
    await elsewhere.close()
  })

  it('throws away an answer of the store that its own commits have overtaken', async () => {
    const { uids: appended } = await append(1)
    assert.deepEqual(appended, [1])
    const inbox = await mail.find('INBOX')
    const snapshot = inbox && (await store.messages.snapshot(mail.id, inbox.id))
    assert.ok(snapshot)
    const state = createState({ store, log: silentLog }, mail.id, snapshot)
    // Two more commits; the question falls between them, and its answer comes last.
    const [second, third] = [await committed(1), await committed(1)]
    store.messages.changesSince = async () => {
      state.offer(second)
      await turn()
      return second
    }
    state.offer(third)
    await state.catchUp()
    assert.equal(state.modSeq, third.modSeq)
    assert.deepEqual([state.columns.length, state.tail.modSeq, state.tail.serial], [3, third.modSeq, 2])
  })

  it('does not wait for ever for a commit that the store has never heard of', async () => {
    await append(1)
    let tell = (_notice: Notice): void => {}
    const bus: Bus = {
      publish() {},
      close: async () => {},
      subscribe(listener) {
        tell = listener
        return () => {}
      },
    }
    const other = roomOver(store, { bus })
    const view = value(await mailOf(other).open('INBOX', 'peek'))
    tell({ kind: 'mailbox', account: 'a1', mailbox: view.mailbox.id, modSeq: 999 })
    assert.equal(view.hasNews, true)
    assert.deepEqual(await view.sync('say'), [])
    assert.equal(view.hasNews, false)
    await other.close()
  })

  it('shares one copy among all sessions, and keeps it for the next', async () => {
    await append(2)
    const before = store.asked.snapshots
    const views = await Promise.all(Array.from({ length: 100 }, () => open()))
    for (const view of views) view.close()
    views[0]?.close()
    const again = await open()
    assert.equal(store.asked.snapshots - before, 1)
    assert.deepEqual(uidsOf(again), [1, 2])
  })

  it('drops the longest unused mailbox when the rows it may keep are used up', async () => {
    await room.close()
    room = roomOver(store, { settings: { keepRows: 3 } })
    mail = mailOf(room)
    value(await mail.create('Other'))
    await append(2)
    value(await mail.append('Other', [message, message]))
    for (const name of ['INBOX', 'Other']) value(await mail.open(name, 'peek')).close()
    const before = store.asked.snapshots
    value(await mail.open('Other', 'peek')).close()
    assert.equal(store.asked.snapshots, before)
    value(await mail.open('INBOX', 'peek')).close()
    assert.equal(store.asked.snapshots, before + 1)
  })

  it('says that its mailbox is gone', async () => {
    value(await mail.create('Work'))
    const view = value(await mail.open('Work', 'claim'))
    let called = false
    view.onNews(() => {
      called = true
    })
    value(await mail.remove('Work'))
    await turn()
    assert.deepEqual([view.gone, called], ['deleted', true])
    assert.deepEqual(await view.sync('say'), [])
    view.close()
    assert.deepEqual(await mail.open('Work', 'claim'), { ok: false, fault: { kind: 'no-such-mailbox' } })
  })

  it('tells which flags a crash of the store took back, and answers everything who names what it took', async () => {
    await append(3)
    const [mine, idle] = [await open(), await open()]
    value(await mail.storeFlags(mine, uids(1), 'add', seen))
    await mine.sync('say')
    const kept = mine.highestModSeq
    const crash = store.flush()
    value(await mail.storeFlags(mine, uids(1, 2), 'add', flagged))
    await mine.sync('say')
    await idle.sync('say')
    const told = mine.highestModSeq
    assert.deepEqual(
      [kept, told].map((number) => mine.toldSince(number)),
      [kept, told],
    )
    crash()
    assert.deepEqual(short(await mine.sync('say')), ['1 FETCH (\\Seen)', '2 FETCH ()'])
    assert.deepEqual(short(await idle.sync('say')), ['1 FETCH (\\Seen)', '2 FETCH ()'])
    const now = mine.highestModSeq
    assert.ok(now > told)
    assert.deepEqual(
      [kept, told, now].map((number) => mine.toldSince(number)),
      [kept, 1, now],
    )
    value(await mail.storeFlags(idle, uids(3), 'add', seen))
    assert.deepEqual(short(await mine.sync('say')), ['3 FETCH (\\Seen)'])
  })

  it('a message that was told as expunged and is there again ends the session, and is in the next one', async () => {
    await append(4)
    const [mine, other] = [await open(), await open()]
    value(await mail.storeFlags(mine, uids(2, 4), 'add', deleted))
    const crash = store.flush()
    value(await mail.expunge(mine, uids(2, 4)))
    await append(1)
    assert.deepEqual(short(await mine.sync('say')), ['4 EXPUNGE', '2 EXPUNGE', '3 EXISTS'])
    crash()
    await mine.sync('say')
    await other.sync('say')
    assert.deepEqual([mine.gone, other.gone], ['restored', 'restored'])
    const next = await open()
    assert.deepEqual([next.gone, uidsOf(next)], [undefined, [1, 2, 3, 4]])
  })

  it('rejects while the store is broken, and loses nothing of it', async () => {
    await append(1)
    const mine = await open()
    store.broken = true
    await assert.rejects(mine.sync('say'), { name: 'StoreUnavailable' })
    await assert.rejects(mail.open('INBOX', 'claim'), { name: 'StoreUnavailable' })
    store.broken = false
    await append(1)
    assert.deepEqual(short(await mine.sync('say')), ['2 EXISTS'])
  })

  it('refuses numbers outside of the window', async () => {
    await append(1)
    const view = await open()
    await append(1)
    for (const seq of [0, 2, 1.5, -1, Number.NaN]) assert.throws(() => view.uidAt(seq), RangeError)
    assert.equal(view.seqOf(2), undefined)
    assert.equal(view.seqOf(77), undefined)
  })
})
