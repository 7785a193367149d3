import assert from 'node:assert/strict'
import { flagSet } from '../../terms/flags'
import { modSeq, uid } from '../../terms/numbers'
import { LEAP, toldSince } from '../gaps'
import type { Mailbox, Store } from '../store'
import { add, named, newAccount, value } from './fixtures'
import type { Framework } from './framework'

const SEEN = flagSet(['\\Seen'])

/**
 * What a driver must do that acknowledges flags before they are on the disk (docs/durability.md).
 * @param open an empty store
 * @param powerCut From now on the open store is as one that was opened after a power cut. What was committed may all be there:
 *   the suite names mod-sequences that were told and lost.
 */
export function gapsConformance(
  { describe, it, before, after }: Framework,
  name: string,
  open: () => Promise<Store>,
  powerCut: () => Promise<void>,
): void {
  describe(`store conformance after a power cut: ${name}`, () => {
    let store: Store
    let count = 0
    const account = (): ReturnType<typeof newAccount> => newAccount(store, `cut${++count}@example.org`)
    before(async () => {
      store = await open()
    })
    after(() => store.close())

    /** INBOX with messages 1 and 3, 2 was expunged; `known` is its mod-sequence at that time. */
    async function filled(): Promise<{ id: Awaited<ReturnType<typeof account>>['id']; known: number }> {
      const { id, inbox } = await account()
      await add(store, id, inbox, 'a', 'b', 'c')
      value(await store.messages.expunge(id, inbox.id, [uid(2)], { only: 'all' }))
      return { id, known: (await named(store, id, 'INBOX')).highestModSeq }
    }

    it('the highest mod-sequence is beyond all that can have been told, before any write', async () => {
      const { id, known } = await filled()
      await powerCut()
      const inbox = await named(store, id, 'INBOX')
      assert.ok(inbox.highestModSeq >= known + LEAP)
      assert.deepEqual(inbox.gaps, [{ after: known, before: inbox.highestModSeq }])
      assert.equal(await store.mailboxes.modSeq(id, inbox.id), inbox.highestModSeq)
      assert.deepEqual((await store.messages.snapshot(id, inbox.id))?.mailbox, inbox)
      assert.deepEqual(await store.mailboxes.get(id, inbox.id), inbox)
      assert.deepEqual(await store.check(id), [])
    })

    it('whoever looks first after a power cut sees that, whatever it asks', async () => {
      const { id, known } = await filled()
      const { id: inbox } = await named(store, id, 'INBOX')
      const looks: readonly (() => Promise<number | undefined>)[] = [
        () => store.mailboxes.modSeq(id, inbox),
        async () => (await store.mailboxes.list(id))[0]?.highestModSeq,
        async () => (await store.messages.snapshot(id, inbox))?.mailbox.highestModSeq,
        async () => (await store.messages.changesSince(id, inbox, modSeq(known)))?.modSeq ?? Number.POSITIVE_INFINITY,
        async () =>
          value(await store.messages.storeFlags(id, inbox, [uid(1)], 'add', SEEN)).commit.mailboxes[0]?.modSeq,
      ]
      for (const [nth, look] of looks.entries()) {
        await powerCut()
        assert.ok(((await look()) ?? 0) >= known + (nth + 1) * LEAP)
      }
    })

    it('who names a mod-sequence in the gap is told everything, and who names another one what changed since', async () => {
      const { id, known } = await filled()
      await powerCut()
      const inbox = await named(store, id, 'INBOX')
      const told = (since: number): number => toldSince(inbox.gaps, since)
      assert.deepEqual([known - 1, known, known + 1].map(told), [known - 1, known, 1])
      assert.deepEqual([inbox.highestModSeq - 1, inbox.highestModSeq].map(told), [1, inbox.highestModSeq])
      value(await store.messages.expunge(id, inbox.id, [uid(3)], { only: 'all' }))
      const expunged = (since: number) => store.messages.expungedSince(id, inbox.id, modSeq(since))
      assert.deepEqual([await expunged(known + 1), await expunged(inbox.highestModSeq - 1)], [undefined, undefined])
      assert.deepEqual(await expunged(known), [3])
      assert.deepEqual(await expunged(inbox.highestModSeq), [3])
      assert.deepEqual(await expunged(inbox.highestModSeq + 1), [])
    })

    it('a view from before the gap takes a snapshot, one from behind it catches up', async () => {
      const { id, known } = await filled()
      await powerCut()
      const { id: inbox, highestModSeq } = await named(store, id, 'INBOX')
      value(await store.messages.storeFlags(id, inbox, [uid(1)], 'add', SEEN))
      for (const since of [known - 1, known, known + 1, highestModSeq - 1]) {
        assert.equal(await store.messages.changesSince(id, inbox, modSeq(since)), undefined)
      }
      const change = await store.messages.changesSince(id, inbox, highestModSeq)
      assert.deepEqual([change?.modSeq, change?.changes.length], [highestModSeq + 1, 1])
    })

    it('in the gap nothing is unchanged', async () => {
      const { id, known } = await filled()
      await powerCut()
      const { id: inbox, highestModSeq } = await named(store, id, 'INBOX')
      const uids = [uid(1), uid(3)]
      const since = (number: number) =>
        store.messages.storeFlags(id, inbox, uids, 'add', flagSet([`k${number}`]), modSeq(number))
      for (const number of [known + 1, highestModSeq - 1]) {
        const refused = value(await since(number))
        assert.deepEqual([refused.value.modified, refused.value.rows, refused.commit.mailboxes], [uids, [], []])
      }
      assert.deepEqual(value(await since(highestModSeq)).value.modified, [])
      assert.deepEqual(await store.check(id), [])
    })

    it('a second power cut leaves both gaps, and many of them leave few', async () => {
      const { id, known } = await filled()
      const box = (): Promise<Mailbox> => named(store, id, 'INBOX')
      await powerCut()
      const { highestModSeq: first } = await box()
      await add(store, id, await box(), 'd')
      await powerCut()
      const { gaps } = await box()
      assert.deepEqual(
        [known, known + 1, first, first + 1, first + 2].map((since) => toldSince(gaps, since)),
        [known, 1, first, first + 1, 1],
      )
      assert.deepEqual(await store.messages.expungedSince(id, (await box()).id, modSeq(known - 1)), [2])
      assert.deepEqual(await store.check(id), [])
      const cuts = async (times: number, between: () => Promise<unknown>): Promise<Mailbox> => {
        for (let nth = 0; nth < times; nth++) {
          await powerCut()
          await between()
        }
        const now = await box()
        assert.ok(now.gaps.length < 30)
        const told = [known + 1, first + 2, now.highestModSeq].map((since) => toldSince(now.gaps, since))
        assert.deepEqual(told, [1, 1, now.highestModSeq])
        assert.deepEqual(await store.check(id), [])
        return now
      }
      const idle = await cuts(24, box)
      assert.ok(idle.highestModSeq >= known + 24 * LEAP)
      assert.equal(toldSince(idle.gaps, known), known)
      assert.deepEqual(await store.messages.expungedSince(id, idle.id, modSeq(known - 1)), [2])
      const busy = await cuts(24, async () => add(store, id, await box(), 'e'))
      assert.ok(busy.highestModSeq >= known + 48 * LEAP)
      for (const since of [0, 1, known]) {
        assert.equal(await store.messages.expungedSince(id, busy.id, modSeq(since)), undefined)
      }
      value(await store.messages.expunge(id, busy.id, [uid(1)], { only: 'all' }))
      assert.deepEqual(await store.messages.expungedSince(id, busy.id, busy.highestModSeq), [1])
    })

    it('a mailbox that is made later has no gap, and one that is removed takes its own along', async () => {
      const { id } = await filled()
      value(await store.mailboxes.create(id, 'Before'))
      await powerCut()
      const { value: made } = value(await store.mailboxes.create(id, 'After'))
      assert.deepEqual([made.gaps, made.highestModSeq], [[], 1])
      assert.equal((await named(store, id, 'Before')).gaps.length, 1)
      value(await store.mailboxes.remove(id, 'Before'))
      value(await store.mailboxes.create(id, 'Before'))
      assert.deepEqual((await named(store, id, 'Before')).gaps, [])
      value(await store.mailboxes.rename(id, 'INBOX', 'Old'))
      assert.deepEqual(
        [(await named(store, id, 'Old')).gaps.length, (await named(store, id, 'INBOX')).gaps.length],
        [0, 1],
      )
      assert.deepEqual(await store.check(id), [])
      value(await store.accounts.remove(id))
    })

    it('the log goes on after a gap, and is as long as it was', async () => {
      const { id, known } = await filled()
      await powerCut()
      const inbox = await named(store, id, 'INBOX')
      for (let nth = 0; nth < 200; nth++) {
        value(await store.messages.storeFlags(id, inbox.id, [uid(1)], 'replace', flagSet([`k${nth}`])))
      }
      value(await store.messages.expunge(id, inbox.id, [uid(3)], { only: 'all' }))
      assert.deepEqual(await store.messages.expungedSince(id, inbox.id, modSeq(known - 1)), [2, 3])
      assert.deepEqual(await store.check(id), [])
    })
  })
}
