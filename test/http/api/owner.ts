import assert from 'node:assert/strict'
import { DAY } from '../../../lib/terms/calendar'
import { totpAt } from '../../../lib/web/who/totp'
import { becomes } from '../../eventually'
import { createAuthenticator } from '../authenticator'
import { client, PASSWORD, type Web } from '../web'

const stepOf = (web: Web): number => Math.floor(web.clock.now() / 30_000)

const untilReleased = (web: Web, account: string): Promise<void> =>
  becomes(async () => (await web.locks.list(account)).length, 0)

export function ownerRoutes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('keeps mailboxes: renames, copies, looks at messages in other forms, removes', async () => {
    const account = await web.account('tidy@example.org')
    await web.deliver(
      account,
      'From: a@b.example\nSubject: h\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p onclick="x()">hi</p>\n',
      'From: a@b.example\nSubject: o\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n',
    )
    const browser = client(web.url)
    await browser.logIn('tidy@example.org')
    const inbox = `mailboxes/${(await browser.get('mailboxes')).body.mailboxes[0].id}`
    assert.deepEqual((await browser.get(`${inbox}/summaries?uids=1,99,x`)).body.messages.length, 1)
    const html = await browser.get(`${inbox}/messages/1/html`)
    assert.match(html.body, /onclick/)
    assert.equal(html.headers.get('content-security-policy'), "sandbox; default-src 'none'")
    assert.match((await browser.get(`${inbox}/messages/1/source`)).body, /onclick/)
    assert.equal((await browser.get(`${inbox}/messages/2/parts/1/message`)).body.subject, 'inner')
    const made = (await browser.post('mailboxes', { name: 'Old' })).body
    assert.equal((await browser.ask('PATCH', `mailboxes/${made.id}`, { name: 'Older' })).body.name, 'Older')
    const copy = (await browser.post(`${inbox}/copy`, { uids: [1], to: made.id })).body
    assert.deepEqual([copy.source, copy.destination], [[1], [1]])
    assert.equal((await browser.ask('DELETE', `mailboxes/${made.id}`)).status, 200)
    assert.equal((await browser.get(`mailboxes/${made.id}/messages`)).body.error, 'not-found')
  })
  it('shares mailboxes, sees what others share, and takes it back; anyone is an administrator’s', async () => {
    await web.account('sharer@example.org')
    await web.account('guest@example.org')
    const [browser, guest] = [client(web.url), client(web.url)]
    await browser.logIn('sharer@example.org')
    await guest.logIn('guest@example.org')
    const put = (identifier: string, rights: string, mailbox = 'INBOX') =>
      browser.ask('PUT', 'account/sharing', { mailbox, identifier, rights })
    const before = (await browser.get('account/sharing')).body
    assert.ok(before.mailboxes.includes('INBOX'))
    assert.deepEqual([before.entries, before.others], [[], []])
    assert.equal((await put('Guest', 'lrs')).status, 200)
    assert.deepEqual((await browser.get('account/sharing')).body.entries, [
      { mailbox: 'INBOX', identifier: 'guest@example.org', rights: 'lrs' },
    ])
    assert.deepEqual((await guest.get('account/sharing')).body.others, [
      { mailbox: 'Other Users/sharer@example.org/INBOX', rights: 'lrs' },
    ])
    const refused = [await put('anyone', 'lr'), await put('sharer@example.org', 'l'), await put('x@y', 'lQ')]
    assert.deepEqual(
      refused.map(({ status, body }) => [status, body.error]),
      [
        [403, 'not-permitted'],
        [403, 'not-permitted'],
        [400, 'bad-rights'],
      ],
    )
    assert.equal((await put('x@y', 'lr', 'None')).status, 404)
    assert.equal((await put('guest@example.org', '')).status, 200)
    assert.deepEqual((await guest.get('account/sharing')).body.others, [])
  })
  it('sees where the account is in use, and ends it: sessions, tokens, the second factor, this session', async () => {
    const account = await web.account('owner@example.org')
    const [browser, other] = [client(web.url), client(web.url)]
    await browser.logIn('owner@example.org')
    await other.logIn('owner@example.org')
    await other.get('mailboxes')
    assert.equal((await browser.get('locks')).body.holders.length, 1)
    assert.equal((await other.post('session/release')).status, 200)
    await untilReleased(web, account.id)
    assert.equal((await browser.get('locks')).body.holders.length, 0)
    const { sessions } = (await browser.get('sessions')).body
    const its = sessions.find((one: { current: boolean }) => !one.current)
    assert.equal((await browser.ask('DELETE', `sessions/${its.id}`)).status, 200)
    assert.equal((await other.get('session')).status, 401)
    await browser.post('account/tokens', { label: 't', scopes: ['mail:read'], days: 3, password: PASSWORD })
    const [token] = (await browser.get('account/keys')).body.tokens
    assert.equal((await browser.ask('DELETE', `account/tokens/${token.id}`)).status, 200)
    assert.deepEqual((await browser.get('account/keys')).body.tokens, [])

    assert.equal((await browser.post('account/profile', { password: PASSWORD })).status, 200)
    const [profile] = (await browser.get('account/keys')).body.appPasswords
    await browser.ask('DELETE', `account/app-passwords/${profile.id}`)
    const phone = { label: 'phone', days: 30, networks: ['192.0.2.0/24'], password: PASSWORD }
    const wrong = await browser.post('account/app-passwords', { ...phone, networks: ['192.0.2.0/99'] })
    assert.deepEqual([wrong.status, wrong.body.error], [422, 'bad-network'])
    for (const networks of [['none'], ['fe80::1%eth0'], ['fe80::%eth0/64']])
      assert.equal((await browser.post('account/app-passwords', { ...phone, networks })).status, 422, networks[0])
    for (const label of ['', '  ', 'two\nlines', 'two\rlines', 'a\u2028b']) {
      assert.equal(
        (await browser.post('account/app-passwords', { ...phone, label })).status,
        400,
        JSON.stringify(label),
      )
      const token = { label, scopes: ['mail:read'], password: PASSWORD }
      assert.equal((await browser.post('account/tokens', token)).status, 400, JSON.stringify(label))
    }
    const made = await browser.post('account/app-passwords', phone)
    assert.equal(made.status, 201)
    await web.room.appPasswordUses(account.id).then((uses) => assert.equal(uses.size, 0))
    const [key] = (await browser.get('account/keys')).body.appPasswords
    assert.deepEqual([key.id, key.networks, key.expiresAt - key.createdAt], [made.body.id, phone.networks, 30 * DAY])
    await browser.ask('DELETE', `account/app-passwords/${key.id}`)

    const { secret } = (await browser.post('account/totp/offer')).body
    const code = (): string => totpAt(secret, stepOf(web))
    await browser.post('account/totp', { secret, code: code(), password: PASSWORD })
    const bare = { password: PASSWORD, code: '000000' }
    assert.equal((await browser.ask('DELETE', 'account/totp', bare)).body.error, 'wrong-password')
    web.clock.pass(60_000)
    assert.equal((await browser.ask('DELETE', 'account/totp', { ...bare, code: code() })).status, 200)
    assert.equal((await browser.get('session')).body.totp, false)
    assert.equal((await browser.ask('DELETE', 'session')).status, 200)
    assert.equal((await browser.get('session')).status, 401)
  })
  it('makes a passkey, comes in with it, and takes it away (more of them: passkeys.test.ts)', async () => {
    const { id } = await web.account('passkey@example.org')
    const browser = client(web.url)
    await browser.logIn('passkey@example.org')
    const from = { origin: 'https://mail.example.org' }
    const passkey = createAuthenticator({ rpId: 'mail.example.org', ...from })
    const ask = async (route: string) => (await browser.post(route, {}, from)).body.challenge
    const made = passkey.make(await ask('account/passkeys/offer'))
    const added = await browser.post('account/passkeys', { label: 'phone', password: PASSWORD, made }, from)
    assert.equal(added.status, 201)
    const show = async () => passkey.show(await ask('session/passkey/offer'), id)
    assert.equal((await client(web.url).post('session/passkey', { passkey: await show() })).status, 200)
    assert.equal((await browser.get('account/passkeys')).body.passkeys.length, 1)
    const codes = await browser.post('account/recovery-codes', { password: PASSWORD, passkey: await show() })
    const proof = { password: PASSWORD, code: codes.body.recoveryCodes[0] }
    assert.equal((await browser.ask('DELETE', `account/passkeys/${added.body.id}`, proof)).status, 200)
  })
}
