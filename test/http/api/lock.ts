import assert from 'node:assert/strict'
import { becomes } from '../../eventually'
import { client, type Web } from '../web'

const untilLoggedOut = (browser: ReturnType<typeof client>): Promise<void> =>
  becomes(async () => (await browser.get('session')).status, 401)

export function mailboxLock(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('is refused with 423 and who is in, and the owner can end that session', async () => {
    const account = await web.account('locked@example.org')
    const mail = web.room.account({ id: account.id, name: account.name, overrides: {}, admin: false })
    const pop3 = await mail.openMaildrop({ protocol: 'pop3', address: '192.0.2.4' }, {})
    assert.ok(pop3.ok && 'lease' in pop3.value)
    const browser = client(web.url)
    await browser.logIn('locked@example.org')
    const refused = await browser.get('mailboxes')
    assert.equal(refused.status, 423)
    assert.equal(refused.body.holder.protocol, 'pop3')
    assert.equal(typeof refused.body.holder.since, 'number')
    assert.equal(refused.body.holder.address, undefined, 'tell_holder = protocol')
    assert.equal((await browser.ask('DELETE', `locks/${refused.body.holder.id}`)).body.ended, 1)
    assert.equal(pop3.value.lease.lost.aborted, true)
    await pop3.value.close()
    assert.equal((await browser.get('mailboxes')).status, 200)
  })
  it('keeps POP3 out while a session is active; a kick ends the session', async () => {
    const account = await web.account('kicked@example.org')
    const mail = web.room.account({ id: account.id, name: account.name, overrides: {}, admin: false })
    const browser = client(web.url)
    await browser.logIn('kicked@example.org')
    await browser.get('mailboxes')
    const entry = { protocol: 'pop3', address: '192.0.2.4' } as const
    const gone = new AbortController()
    const waiting = mail.openMaildrop(entry, {}, gone.signal)
    const [held] = (await web.locks.list(account.id))[0]?.holders ?? []
    assert.deepEqual([held?.protocol, held?.access], ['webmail', 'shared'])
    gone.abort()
    assert.equal((await waiting).ok, false)
    await web.locks.kick(account.id)
    await untilLoggedOut(browser)
  })
  it('tells which program was kept out, how often and by whom; for a day, and not for ever more addresses', async () => {
    const account = await web.account('kept-out@example.org')
    const browser = client(web.url, { 'user-agent': 'Mozilla/5.0 (X11; Linux) Firefox/130.0' })
    await browser.logIn('kept-out@example.org')
    const refusals = async () => (await browser.get('locks/refusals')).body.refusals
    assert.deepEqual(await refusals(), [])
    await browser.get('mailboxes')
    const entry = { protocol: 'pop3', address: '192.0.2.7' } as const
    const opened = await web.room.account({ ...account, overrides: { 'lock.wait': '0s' } }).openMaildrop(entry, {})
    assert.ok(!opened.ok && opened.fault.kind === 'held')
    await becomes(async () => (await refusals()).length, 1)
    const [{ at, since, by, ...told }] = await refusals()
    assert.deepEqual(told, { protocol: 'pop3', address: '192.0.2.7', count: 1 })
    assert.deepEqual([by.protocol, by.address, /Firefox/.test(by.client)], ['webmail', '127.0.0.1', true])
    assert.equal(since, at)
    await web.store.refusals.note(account.id, { ...entry, at: at + 2000, by })
    const [again] = await refusals()
    assert.deepEqual([again.count, again.since, again.at], [2, at, at + 2000])
    for (let nth = 0; nth < 22; nth++)
      await web.store.refusals.note(account.id, { protocol: 'pop3', address: `198.51.100.${nth}`, at: at + nth, by })
    assert.equal((await refusals()).length, 20)
    web.clock.pass(25 * 3_600_000)
    await browser.logIn('kept-out@example.org')
    assert.deepEqual(await refusals(), [])
  })
}
