import assert from 'node:assert/strict'
import { ok } from '../../terms/fault'
import type { Mark } from '../records/marks'
import { MAX_SCRIPTS } from '../records/scripts'
import type { Store } from '../store'
import { message, named, newAccount } from './fixtures'
import type { Framework } from './framework'

/** Scripts, marks and access control lists: what an account has beside its mail. */
export function notesConformance({ it }: Framework, store: () => Store): void {
  let count = 0
  const account = (): ReturnType<typeof newAccount> => newAccount(store(), `notes${++count}@example.org`)
  const activeOf = async (id: Parameters<Store['accounts']['get']>[0]): Promise<string | undefined> =>
    (await store().accounts.get(id))?.activeScript

  it('scripts are put, replaced, listed by name, and are their account’s alone', async () => {
    const { scripts } = store()
    const { id } = await account()
    const other = await account()
    assert.deepEqual(await scripts.list(id), [])
    for (const [name, text] of [
      ['z', 'keep;'],
      ['Größe', '# ü\r\nstop;'],
      ['a', ''],
      ['z', 'discard;'],
    ] as const) {
      assert.equal(await scripts.put(id, name, text), undefined)
    }
    assert.deepEqual(await scripts.list(id), ['Größe', 'a', 'z'])
    assert.equal(await scripts.get(id, 'z'), 'discard;')
    assert.equal(await scripts.get(id, 'Größe'), '# ü\r\nstop;')
    assert.equal(await scripts.get(id, 'a'), '')
    assert.equal(await scripts.get(id, 'b'), undefined)
    assert.deepEqual(await scripts.list(other.id), [])
    assert.equal(await scripts.get(other.id, 'z'), undefined)
  })

  it('the active script is the account’s, follows a new name and is not removed', async () => {
    const { scripts } = store()
    const { id } = await account()
    await scripts.put(id, 'one', 'keep;')
    await scripts.put(id, 'two', 'stop;')
    assert.equal(await scripts.activate(id, 'three'), 'nonexistent')
    assert.equal(await scripts.activate(id, 'one'), undefined)
    assert.equal(await activeOf(id), 'one')
    assert.equal(await scripts.remove(id, 'one'), 'active')
    assert.equal(await scripts.rename(id, 'one', 'two'), 'already-exists')
    assert.equal(await scripts.rename(id, 'none', 'four'), 'nonexistent')
    assert.equal(await scripts.rename(id, 'one', 'four'), undefined)
    assert.equal(await activeOf(id), 'four')
    assert.equal(await scripts.rename(id, 'two', 'three'), undefined)
    assert.equal(await activeOf(id), 'four')
    assert.deepEqual(await scripts.list(id), ['four', 'three'])
    assert.equal(await scripts.activate(id, undefined), undefined)
    assert.equal(await activeOf(id), undefined)
    assert.equal(await scripts.remove(id, 'four'), undefined)
    assert.equal(await scripts.remove(id, 'four'), 'nonexistent')
    assert.equal((await store().accounts.update(id, () => ok({ disabled: true }))).ok, true)
    assert.deepEqual(await scripts.list(id), ['three'])
  })

  it('an account has so many scripts at most, and an account that is gone has none', async () => {
    const { scripts, accounts } = store()
    const { id } = await account()
    for (let i = 0; i < MAX_SCRIPTS; i++) assert.equal(await scripts.put(id, `s${i}`, 'keep;'), undefined)
    assert.equal(await scripts.put(id, 'more', 'keep;'), 'too-many')
    assert.equal(await scripts.put(id, 's1', 'stop;'), undefined)
    await scripts.activate(id, 's1')
    assert.equal((await accounts.remove(id)).ok, true)
    assert.deepEqual(await scripts.list(id), [])
    assert.equal(await scripts.put(id, 'late', 'keep;'), 'nonexistent')
    assert.equal(await scripts.activate(id, undefined), 'nonexistent')
    assert.deepEqual(await scripts.list(id), [])
  })

  const mark = (what: string, at = 1_800_000_000_000): Mark => ({ what, at, until: at + 1000 })

  it('a mark is set once, counts until its time, and is its account’s alone', async () => {
    const { marks, accounts } = store()
    const { id } = await account()
    const other = await account()
    assert.equal(await marks.has(id, mark('a')), false)
    const racing = await Promise.all([1, 2, 3].map(() => marks.set(id, mark('a'))))
    assert.equal(racing.filter(Boolean).length, 1)
    assert.equal(await marks.has(id, mark('a', 1_800_000_000_999)), true)
    assert.equal(await marks.has(other.id, mark('a')), false)
    assert.equal(await marks.has(id, mark('a', 1_800_000_001_000)), false)
    assert.equal(await marks.set(id, mark('a', 1_800_000_001_000)), true)
    assert.equal(await marks.has(id, mark('a', 1_800_000_001_999)), true)
    await accounts.remove(id)
    assert.equal(await marks.set(id, mark('b')), false)
    assert.equal(await marks.has(id, mark('b')), false)
  })

  it('an append sets its marks with its messages, or does nothing where one counts', async () => {
    const { marks, messages, mailboxes } = store()
    const { id, inbox } = await account()
    const append = async (text: string, list: readonly Mark[], quota?: { bytes: number; messages: number }) => {
      const done = await messages.append(id, inbox.id, [message(text)], { marks: list, quota })
      return done.ok ? 'stored' : done.fault.kind
    }
    assert.equal(await append('full', [mark('a')], { bytes: 1, messages: 1 }), 'over-quota')
    assert.equal(await marks.has(id, mark('a')), false)
    const racing = await Promise.all([1, 2, 3].map(() => append('one', [mark('a'), mark('b')])))
    assert.deepEqual(racing.sort(), ['stored', 'stored-before', 'stored-before'])
    assert.equal(await append('again', [mark('c'), mark('b')], { bytes: 1, messages: 1 }), 'stored-before')
    assert.equal(await marks.has(id, mark('c')), false)
    assert.equal(await append('later', [mark('a', 1_800_000_001_000)]), 'stored')
    assert.equal(await append('without', []), 'stored')
    assert.equal((await named(store(), id, 'INBOX')).messages, 3)
    assert.equal((await mailboxes.get(id, inbox.id))?.uidNext, 4)
    for (let i = 0; i < 200; i++) assert.equal(await marks.set(id, mark(`many ${i}`, 1_800_000_010_000)), true)
    assert.equal(await marks.has(id, mark('many 7', 1_800_000_010_000)), true)
    assert.deepEqual(await store().check(id), [])
  })

  it('entries of access control lists are found by mailbox, and by identifier in all accounts', async () => {
    const { acl, accounts, mailboxes } = store()
    const [one, two] = [await account(), await account()]
    const sent = await mailboxes.create(one.id, 'Sent')
    assert.ok(sent.ok)
    const { id: other } = sent.value.value
    const set = async (owner: typeof one, mailbox: typeof other, identifier: string, rights: string): Promise<void> => {
      assert.equal((await acl.change(owner.id, mailbox, identifier, () => rights)).ok, true)
    }
    const who = `bob${count}@example.org`
    await set(one, one.inbox.id, who, 'lr')
    await set(one, one.inbox.id, `${who}x`, 'lrs')
    await set(one, other, `-${who}`, 'r')
    await set(two, two.inbox.id, `$größe${count}`, 'lrswi')
    await set(two, two.inbox.id, who, 'l')
    assert.deepEqual(await acl.of(one.id, one.inbox.id), [
      { identifier: who, mailbox: one.inbox.id, rights: 'lr' },
      { identifier: `${who}x`, mailbox: one.inbox.id, rights: 'lrs' },
    ])
    const naming = async (...identifiers: string[]): Promise<string[]> =>
      (await acl.naming(identifiers)).map(({ owner, mailbox, rights }) => `${owner} ${mailbox} ${rights}`).sort()
    const expected = [`${one.id} ${one.inbox.id} lr`, `${one.id} ${other} r`, `${two.id} ${two.inbox.id} l`].sort()
    assert.deepEqual(await naming(who, `-${who}`, 'nobody@example.org'), expected)
    assert.deepEqual(await naming(`$größe${count}`), [`${two.id} ${two.inbox.id} lrswi`])
    assert.deepEqual(await naming(), [])
    await acl.copy(one.id, one.inbox.id, other)
    assert.deepEqual(
      (await acl.of(one.id, other)).map(({ identifier }) => identifier),
      [`-${who}`, who, `${who}x`],
    )
    await acl.change(one.id, one.inbox.id, who, (rights) => rights.replace('r', ''))
    await set(one, one.inbox.id, `${who}x`, '')
    assert.deepEqual(await acl.of(one.id, one.inbox.id), [{ identifier: who, mailbox: one.inbox.id, rights: 'l' }])
    await acl.remove(one.id, other)
    assert.deepEqual(await acl.of(one.id, other), [])
    const given = async (mailbox: typeof other): Promise<string[]> =>
      (await acl.given(one.id, mailbox, [who, `-${who}`, 'nobody@example.org'])).map(({ rights }) => rights)
    assert.deepEqual([await given(one.inbox.id), await given(other)], [['l'], []])
    assert.deepEqual(await acl.given(two.id, one.inbox.id, [who]), [])
    const racing = [...'swit'].map((right) => acl.change(one.id, other, who, (before) => before + right))
    assert.ok((await Promise.all(racing)).every(({ ok }) => ok))
    assert.equal((await acl.of(one.id, other))[0]?.rights.length, 4)
    assert.equal((await accounts.remove(two.id)).ok, true)
    assert.deepEqual(await naming(`$größe${count}`), [])
    assert.deepEqual(await store().check(one.id), [])
  })
}
