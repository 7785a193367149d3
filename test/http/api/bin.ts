import assert from 'node:assert/strict'
import { uid } from '../../../lib/terms/numbers'
import { client, message, openWeb, type Web } from '../web'

interface Listed {
  readonly id: string
  readonly subject?: string
  readonly from?: string
}
const subjects = (body: { messages: readonly Listed[] }) => body.messages.map(({ subject }) => subject)

/** What was removed: of a user, and by administrators. */
export function binRoutes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('lists, searches, restores and erases what a user has removed', async () => {
    const account = await web.account('bin@example.org')
    await web.deliver(account, message('one'), message('two'), message('three'), message('four'))
    const browser = client(web.url)
    await browser.logIn('bin@example.org')
    const { mailboxes } = (await browser.get('mailboxes')).body
    const inbox = `mailboxes/${mailboxes[0].id}`
    assert.deepEqual(subjects((await browser.get('bin')).body), [])
    assert.equal((await browser.post(`${inbox}/expunge`, { uids: [1, 2, 3] })).status, 200)
    const made = (await browser.post('mailboxes', { name: 'Gone' })).body
    await browser.post(`${inbox}/move`, { uids: [4], to: made.id })
    assert.equal((await browser.ask('DELETE', `mailboxes/${made.id}`)).status, 200)
    const { body } = await browser.get('bin')
    assert.deepEqual(subjects(body), ['four', 'three', 'two', 'one'])
    assert.deepEqual([body.total, body.keptFor], [4, 72 * 3_600_000])
    const [{ mailbox, from, until, removedAt }] = body.messages
    assert.deepEqual([mailbox, from, until - removedAt], ['Gone', 'Ann', 72 * 3_600_000])
    assert.deepEqual(subjects((await browser.get('bin?find=GONE')).body), ['four'])
    const page = (await browser.get('bin?limit=3')).body
    assert.deepEqual(subjects((await browser.get(`bin?limit=3&after=${page.next}`)).body), ['one'])

    for (const after of ['junk', '1.', `${page.next}!`])
      assert.equal((await browser.get(`bin?after=${after}`)).status, 422, after)

    const ids = body.messages.map(({ id }: Listed) => id)
    const back = (await browser.post('bin/restore', { ids: [ids[0], ids[1], 'B1-1zz'] })).body
    assert.equal(back.messages, 2)
    assert.deepEqual(back.missing, ['B1-1zz'])
    const again = (await browser.post('bin/restore', { ids: [ids[0]] })).body
    assert.deepEqual([again.messages, again.missing], [0, [ids[0]]])
    assert.deepEqual(
      [...back.mailboxes].sort((a, b) => (a.mailbox < b.mailbox ? -1 : 1)),
      [
        { mailbox: 'Gone', messages: 1 },
        { mailbox: 'INBOX', messages: 1 },
      ],
    )
    assert.deepEqual(subjects((await browser.get(`${inbox}/messages`)).body), ['three'])
    for (const bad of [{}, { ids: [], all: true }, { ids: ['no id !'] }]) {
      assert.equal((await browser.post('bin/erase', bad)).status, 422)
      assert.equal((await browser.post('bin/restore', bad)).status, 422)
    }
    const proof = (await browser.post('bin/erase', { ids: [ids[2]] })).body
    assert.deepEqual([proof.messages, proof.left], [1, []])
    assert.match(proof.disk, /overwritten/)
    assert.equal((await browser.post('bin/restore', { ids: [ids[2]] })).body.messages, 0)
    assert.equal((await browser.post('bin/erase', { all: true })).body.messages, 1)
    assert.equal((await browser.get('bin')).body.total, 0)
    await web.deeds.note([])
    const deeds = await web.deeds.list({ account: 'bin@example.org', limit: 10 })
    const told = deeds.map(({ what, messages, by }) => `${what} ${messages} ${by.protocol}`)
    assert.deepEqual(told.slice(0, 2), ['erased 1 webmail', 'erased 1 webmail'])
    assert.ok(told.includes('restored 1 webmail') && told.some((text) => text.startsWith('expunged ')))
    await web.store.accounts.update(account.id, () => ({ ok: true, value: { quotaMessages: 2 } }))
    await browser.post(`${inbox}/expunge`, { uids: [5] })
    await web.deliver(account, message('fills it'))
    const full = await browser.post('bin/restore', { all: true })
    assert.deepEqual([full.status, full.body.error], [507, 'over-quota'])
  })

  it('gives administrators what a user has removed, and says so in the audit trail', async () => {
    for (const enter of ['true', 'false']) {
      const own = await openWeb({ http: { administrator: { totp: 'false', enter_mailboxes: enter } } })
      try {
        await own.account('boss@example.org', { admin: true })
        const user = await own.account('user@example.org')
        await own.deliver(user, message('private'), message('other'))
        const [inbox] = await own.store.mailboxes.list(user.id)
        assert.ok(inbox)
        const bin = { time: 1e9, octets: 1e9 }
        await own.store.messages.expunge(user.id, inbox.id, [uid(1), uid(2)], { only: 'all', bin })
        const browser = client(own.url)
        await browser.logIn('boss@example.org')
        const route = `admin/accounts/${user.id}/bin`
        const { messages } = (await browser.get(route)).body
        assert.deepEqual(
          messages.map(({ subject, from }: Listed) => [subject, from]),
          enter === 'true'
            ? [
                ['other', 'Ann'],
                ['private', 'Ann'],
              ]
            : [
                [undefined, undefined],
                [undefined, undefined],
              ],
        )
        assert.equal((await browser.get(`${route}?find=private`)).status, enter === 'true' ? 200 : 403)
        const held = await own.locks.acquire({
          account: user.id,
          access: 'exclusive',
          protocol: 'pop3',
          address: '192.0.2.1',
        })
        assert.ok(held.ok)
        const late = await browser.post(`${route}/restore`, { all: true })
        assert.deepEqual([late.status, late.body.error], [409, 'in-use'])
        await held.value.release()
        assert.equal((await browser.post(`${route}/restore`, { ids: [messages[0].id] })).body.messages, 1)
        assert.deepEqual((await browser.post(`${route}/erase`, { all: true })).body.left, [])
        assert.equal((await own.locks.list(user.id)).length, 0)
        const { entries } = (await browser.get('admin/audit?user=user@example.org')).body
        const reasons = entries.map((one: { reason: string }) => one.reason).join('\n')
        assert.match(reasons, /bin-erased \(1 message, \d+ octets\) by boss@example.org/)
        assert.match(reasons, /bin-restored \(1 message\) by boss@example.org/)
        assert.match(reasons, /bin-listed by boss@example.org/)
        assert.equal((await browser.get('admin/accounts/A99/bin')).status, 404)
      } finally {
        await own.close()
      }
    }
  })

  it('brings back accounts that were removed, and keeps their names', async () => {
    const own = await openWeb({ http: { administrator: { totp: 'false' } } })
    try {
      await own.account('boss@example.org', { admin: true })
      const user = await own.account('gone@example.org')
      await own.deliver(user, message('kept'))
      const browser = client(own.url)
      await browser.logIn('boss@example.org')
      const visitor = client(own.url)
      await visitor.logIn('gone@example.org')
      const name = 'gone@example.org'
      const removed = (await browser.ask('DELETE', `admin/accounts/${user.id}`, { name })).body
      assert.ok(removed.until > own.clock.now())
      assert.equal((await visitor.get('session')).status, 401)
      assert.equal((await visitor.logIn(name)).status, 401)
      const { accounts } = (await browser.get('admin/removed')).body
      assert.deepEqual([accounts.length, accounts[0].name, accounts[0].messages], [1, name, 1])
      const taken = await browser.post('admin/accounts', { name, password: 'long enough' })
      assert.deepEqual([taken.status, taken.body.error], [409, 'removed'])
      assert.equal((await browser.post('admin/removed/restore', { name: 'nobody@example.org' })).status, 404)
      assert.equal((await browser.post('admin/removed/restore', { name })).status, 200)
      assert.equal((await visitor.logIn(name)).status, 200)
      await browser.ask('DELETE', `admin/accounts/${user.id}`, { name })
      const proof = (await browser.post('admin/removed/erase', { name })).body
      assert.deepEqual([proof.messages, proof.left], [1, []])
      assert.equal((await browser.post('admin/removed/erase', { name })).status, 404)
      assert.equal((await browser.post('admin/accounts', { name, password: 'long enough' })).status, 201)
      const { entries } = (await browser.get(`admin/audit?user=${name}`)).body
      const reasons = entries.map((one: { reason: string }) => one.reason).join('\n')
      for (const word of ['account-removed', 'account-restored', 'account-erased'])
        assert.match(reasons, new RegExp(word))
    } finally {
      await own.close()
    }
  })

  it('is not for others', async () => {
    await web.account('curious@example.org')
    const browser = client(web.url)
    await browser.logIn('curious@example.org')
    const other = await web.account('binned@example.org')
    for (const route of [`accounts/${other.id}/bin`, 'removed']) {
      assert.equal((await browser.get(`admin/${route}`)).status, 403, route)
    }
    assert.equal((await browser.post(`admin/accounts/${other.id}/bin/erase`, { all: true })).status, 403)
    assert.equal((await client(web.url).get('bin')).status, 401)
  })
}
