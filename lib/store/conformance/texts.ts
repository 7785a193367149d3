import assert from 'node:assert/strict'
import { GramSet, type Grams, gramsOf } from '../../search/text-grams'
import type { AccountId } from '../../terms/names'
import type { Mailbox, Store } from '../store'
import type { TextBuilder, TextIndex } from '../texts'
import { add, named, newAccount, rowsOf, value } from './fixtures'
import type { Framework } from './framework'

/** A message of this word cannot be read with the work that is allowed. */
const TOO_MUCH = 'toomuch'

const all = (text: string): Grams => {
  const set = new GramSet()
  set.add('body', text)
  return set.grams()
}

/** Indexes all that is not, by the subjects, and takes out all that is gone. */
async function indexAll(texts: TextIndex, builder: TextBuilder, most = 30): Promise<void> {
  for await (const { account } of texts.behind()) {
    for (let page = await builder.next(account, most); page.length > 0; page = await builder.next(account, most)) {
      const done = page.map(({ email, prepared: { keys } }) => ({
        email,
        grams: keys.subject === TOO_MUCH ? undefined : all(keys.subject),
      }))
      await builder.add(account, done)
    }
  }
  while (await builder.removeGone());
}

/** The text index, of stores that have one: it may say too much, and never too little. */
export function textsConformance({ it }: Framework, store: () => Store): void {
  let count = 0
  const account = (): ReturnType<typeof newAccount> => newAccount(store(), `texts${++count}@example.org`)

  async function building(run: (builder: TextBuilder, texts: TextIndex) => Promise<void>): Promise<void> {
    const { texts } = store()
    if (!texts) return
    const builder = await texts.lead()
    assert.ok(builder, 'nobody else builds')
    try {
      await run(builder, texts)
    } finally {
      await builder.release()
    }
  }
  /** UIDs that the index says; undefined: it does not tell. */
  async function found(id: AccountId, mailbox: Mailbox, ...words: string[]): Promise<number[] | undefined> {
    const anyOf = words.map((word) => gramsOf('body', word) ?? new Uint32Array())
    const uids = await store().texts?.mayHave(id, mailbox.id, anyOf, 'messages')
    return uids && [...uids]
  }
  const words = ['walnut', 'almond', 'cashew', 'hazelnut', 'pistachio', 'chestnut', 'peanut', 'macadamia']

  it('texts: messages that are not indexed may match, and those that are only if they have all grams', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      await add(store(), id, inbox, ...words)
      const before = await found(id, inbox, 'almond')
      assert.ok(before === undefined || before.length === words.length)
      await indexAll(texts, builder)
      assert.deepEqual(await found(id, inbox, 'almond'), [2])
      assert.deepEqual(await found(id, inbox, 'nut'), [1, 4, 6, 7])
      assert.deepEqual(await found(id, inbox, 'pistachio', 'cashew'), [3, 5])
      assert.deepEqual(await found(id, inbox, 'brazil'), [])
      await add(store(), id, inbox, 'brazil')
      assert.deepEqual(await found(id, inbox, 'cashew'), [3, 9])
      await indexAll(texts, builder)
      assert.deepEqual(await found(id, inbox, 'cashew'), [3])
    }))

  it('texts: copies and moved messages are found where they are, and nowhere else', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      const other = await account()
      const uids = await add(store(), id, inbox, ...words)
      await add(store(), other.id, other.inbox, ...words)
      const box = value(await store().mailboxes.create(id, 'Box')).value
      await indexAll(texts, builder)
      value(await store().messages.copy(id, inbox.id, uids.slice(2, 5), box.id))
      value(await store().messages.move(id, inbox.id, uids.slice(0, 2), box.id))
      assert.deepEqual(await found(id, inbox, 'nut'), [4, 6, 7])
      assert.deepEqual(await found(id, box, 'nut'), [2, 4])
      assert.deepEqual(await found(other.id, other.inbox, 'nut'), [1, 4, 6, 7])
      assert.deepEqual(await found(id, other.inbox, 'nut'), [])
    }))

  it('texts: what cannot be read is always to be read', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      await add(store(), id, inbox, ...words, TOO_MUCH)
      const before = await texts.progress()
      await indexAll(texts, builder)
      assert.deepEqual(await found(id, inbox, 'cashew'), [3, 9])
      const after = await texts.progress()
      assert.equal(after.unreadable - before.unreadable, 1)
      assert.equal(after.indexed - before.indexed, words.length)
      assert.equal(before.waiting - after.waiting, words.length + 1)
      assert.equal(after.waiting, 0)
    }))

  it('texts: removed messages are not kept, nor those of a removed account', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      const uids = await add(store(), id, inbox, ...words, TOO_MUCH)
      await indexAll(texts, builder)
      const before = await texts.progress()
      const box = value(await store().mailboxes.create(id, 'Box')).value
      value(await store().messages.copy(id, inbox.id, uids.slice(0, 1), box.id))
      value(
        await store().messages.expunge(
          id,
          inbox.id,
          [uids[0], uids[1], uids[8]].flatMap((uid) => uid ?? []),
          { only: 'all' },
        ),
      )
      await indexAll(texts, builder)
      assert.deepEqual(await found(id, inbox, 'almond'), [])
      assert.deepEqual(await found(id, box, 'walnut'), [1])
      const after = await texts.progress()
      assert.equal(before.indexed - after.indexed, 1)
      assert.equal(before.unreadable - after.unreadable, 1)
      value(await store().accounts.remove(id))
      await indexAll(texts, builder)
      assert.equal((await texts.progress()).indexed, before.indexed - words.length)
    }))

  it('texts: a message that goes while it is indexed does not stay', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      const uids = await add(store(), id, inbox, 'walnut', 'almond')
      const { indexed } = await texts.progress()
      const page = await builder.next(id, 10)
      assert.equal(page.length, 2)
      value(await store().messages.expunge(id, inbox.id, uids, { only: 'all' }))
      await builder.add(
        id,
        page.map(({ email }) => ({ email, grams: all('walnut') })),
      )
      await indexAll(texts, builder)
      assert.equal((await texts.progress()).indexed, indexed)
      assert.equal((await texts.progress()).waiting, 0)
    }))

  it('texts: one process builds at a time; another goes on where it ended', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      await add(store(), id, inbox, ...words)
      assert.equal(await texts.lead(), undefined)
      const [first, second] = await builder.next(id, 2)
      assert.ok(first && second)
      await builder.add(id, [{ email: first.email, grams: all('walnut') }])
      await builder.release()
      const next = await texts.lead()
      assert.ok(next)
      assert.equal((await next.next(id, 1))[0]?.email, second.email)
      await indexAll(texts, next)
      assert.deepEqual(await found(id, inbox, 'almond'), [2])
      await next.release()
    }))

  it('texts: an index that was thrown away says nothing, until it is built anew', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      await add(store(), id, inbox, ...words)
      await indexAll(texts, builder)
      await builder.clear()
      const before = await found(id, inbox, 'almond')
      assert.ok(before === undefined || before.length === words.length)
      assert.equal((await texts.progress()).indexed, 0)
      await indexAll(texts, builder, 100)
      assert.deepEqual(await found(id, inbox, 'almond'), [2])
      assert.equal((await rowsOf(store(), id, inbox)).length, words.length)
      while (await builder.tidy());
      assert.deepEqual(await found(id, await named(store(), id, 'INBOX'), 'almond'), [2])
    }))

  it('texts: what is forgotten, of one account or of all, is waited for and built anew', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      const other = await account()
      await add(store(), id, inbox, ...words, TOO_MUCH)
      await add(store(), other.id, other.inbox, 'walnut')
      await indexAll(texts, builder)
      const whole = { indexed: words.length, unreadable: 1, waiting: 0 }
      assert.deepEqual(await texts.progressOf(id), whole)
      const { isLed } = await texts.progress()
      assert.equal(isLed, true)
      for (const forgotten of [id, undefined]) {
        await texts.forget(forgotten)
        const before = await found(id, inbox, 'almond')
        assert.ok(before === undefined || before.length === words.length + 1)
        assert.deepEqual(await texts.progressOf(id), { indexed: 0, unreadable: 0, waiting: words.length + 1 })
        assert.equal((await texts.progressOf(other.id)).waiting, forgotten === undefined ? 1 : 0)
        while (await builder.removeGone());
        await indexAll(texts, builder)
        assert.deepEqual(await texts.progressOf(id), whole)
        assert.deepEqual(await found(id, inbox, 'almond'), [2, 9])
      }
    }))

  it('texts: what is forgotten while it is indexed does not count', () =>
    building(async (builder, texts) => {
      const { id, inbox } = await account()
      await add(store(), id, inbox, 'walnut', 'almond')
      const [first] = await builder.next(id, 1)
      assert.ok(first)
      await builder.add(id, [{ email: first.email, grams: all('walnut') }])
      const page = await builder.next(id, 10)
      await texts.forget(id)
      while (await builder.removeGone());
      await builder.add(
        id,
        page.map(({ email }) => ({ email, grams: all('almond') })),
      )
      assert.equal((await texts.progressOf(id)).waiting, 2)
      await indexAll(texts, builder)
      assert.deepEqual(await found(id, inbox, 'walnut'), [1])
    }))
}
