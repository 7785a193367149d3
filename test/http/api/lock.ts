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
}
