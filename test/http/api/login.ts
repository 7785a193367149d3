import assert from 'node:assert/strict'
import { hashPassword, setPassword } from '../../../lib/login/passwords'
import { settingCredentials } from '../../../lib/store/account'
import { ok } from '../../../lib/terms/fault'
import { totpAt } from '../../../lib/web/who/totp'
import { becomes } from '../../eventually'
import { client, openWeb, PASSWORD, type Web } from '../web'

const stepOf = (web: Web): number => Math.floor(web.clock.now() / 30_000)

const untilReleased = (web: Web, account: string): Promise<void> =>
  becomes(async () => (await web.locks.list(account)).length, 0)

export function loginAndSessions(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('answers everything that is wrong with a login by the same bytes', async () => {
    await web.account('same@example.org')
    await web.account('off@example.org', { disabled: true })
    await web.account('nohttp@example.org', { protocols: ['imap'] })
    const bodies = new Set<string>()
    for (const [user, password] of [
      ['same@example.org', 'wrong'],
      ['nobody@example.org', PASSWORD],
      ['off@example.org', PASSWORD],
      ['nohttp@example.org', PASSWORD],
    ]) {
      const reply = await client(web.url).post('session', { user, password })
      assert.equal(reply.status, 401)
      assert.equal(reply.headers.get('set-cookie'), null)
      bodies.add(JSON.stringify(reply.body))
    }
    assert.equal(bodies.size, 1)
  })
  it('sets a cookie that scripts and other sites cannot use', async () => {
    await web.account('cookie@example.org')
    const reply = await client(web.url).logIn('cookie@example.org')
    assert.match(reply.headers.get('set-cookie') ?? '', /^mailbox=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  })
  it('works in every process, and log out everywhere ends it in all', async () => {
    const account = await web.account('workers@example.org')
    const browser = client(web.url)
    await browser.logIn('workers@example.org')
    assert.equal((await browser.get('mailboxes')).status, 200)
    assert.equal((await browser.get('mailboxes', { at: web.other })).status, 200)
    assert.equal((await web.locks.list(account.id))[0]?.holders.length, 2)
    const second = client(web.url)
    await second.logIn('workers@example.org')
    assert.equal((await second.ask('DELETE', 'sessions')).status, 200)
    assert.equal((await browser.get('session', { at: web.other })).status, 401)
    await untilReleased(web, account.id)
  })
  it('refuses changes without the token, and requests from other sites', async () => {
    await web.account('csrf@example.org')
    const browser = client(web.url)
    await browser.logIn('csrf@example.org')
    const bare = await browser.post('mailboxes', { name: 'x' }, { 'x-csrf-token': 'wrong' })
    assert.deepEqual([bare.status, bare.body.error], [403, 'csrf'])
    const cross = await browser.get('mailboxes', { 'sec-fetch-site': 'cross-site' })
    assert.deepEqual([cross.status, cross.body.error], [403, 'cross-site'])
    assert.equal((await browser.post('mailboxes', { name: 'x' }, { 'sec-fetch-site': 'same-origin' })).status, 201)
  })
  it('ends after the idle time, which live updates do not stretch, and after the longest time', async () => {
    const own = await openWeb({ http: { session: { idle: '10min', absolute: '1h', lock_idle: '5min' } } })
    try {
      const account = await own.account('idle@example.org')
      const browser = client(own.url)
      await browser.logIn('idle@example.org')
      assert.equal((await browser.get('mailboxes')).status, 200)
      own.clock.pass(6 * 60_000)
      await untilReleased(own, account.id)
      const paused = await browser.get('mailboxes', { 'x-background': '1' })
      assert.deepEqual([paused.status, paused.body.error], [423, 'paused'])
      assert.equal((await own.locks.list(account.id)).length, 0)
      assert.equal((await browser.get('mailboxes')).status, 200)
      own.clock.pass(9 * 60_000)
      await browser.get('session', { 'x-background': '1' })
      own.clock.pass(2 * 60_000)
      assert.equal((await browser.get('session')).status, 401)

      await browser.logIn('idle@example.org')
      for (let minutes = 0; minutes < 60; minutes += 5) {
        own.clock.pass(5 * 60_000)
        assert.equal((await browser.get('session')).status, 200)
      }
      own.clock.pass(1000)
      assert.equal((await browser.get('session')).status, 401)
    } finally {
      await own.close()
    }
  })
  it('is over at once when the account is disabled', async () => {
    const account = await web.account('gone@example.org')
    const browser = client(web.url)
    await browser.logIn('gone@example.org')
    await web.room.accounts.update(account.id, () => ok({ disabled: true }))
    assert.equal((await browser.get('mailboxes')).status, 401)
  })
  it('ends at the next request after another password, in every process; the one that changed it goes on', async () => {
    const account = await web.account('epoch@example.org')
    const [browser, second] = [client(web.url), client(web.url)]
    await browser.logIn('epoch@example.org')
    await second.logIn('epoch@example.org')
    const made = await second.post('account/tokens', { label: 't', scopes: ['mail:read'], password: PASSWORD })
    const program = client(web.other, { authorization: `Bearer ${made.body.token}` })
    assert.equal((await program.get('mailboxes')).status, 200)
    const next = 'another horse'
    assert.equal((await browser.post('account/password', { password: PASSWORD, next })).status, 200)
    assert.equal((await browser.get('mailboxes', { at: web.other })).status, 200)
    assert.equal((await second.get('session', { at: web.other })).status, 401)
    assert.equal((await program.get('mailboxes')).status, 401)
    // As the command line does it, or another host.
    await web.room.accounts.update(account.id, settingCredentials(await setPassword('by the operator')))
    assert.equal((await browser.get('mailboxes')).status, 401)
    await untilReleased(web, account.id)
  })
  it('goes on when the same password is hashed anew', async () => {
    const account = await web.account('rehash@example.org')
    const browser = client(web.url)
    await browser.logIn('rehash@example.org')
    await web.room.accounts.update(account.id, settingCredentials(await hashPassword(PASSWORD)))
    assert.equal((await browser.get('session')).status, 200)
  })
  it('gives the lock back by itself when the account is closed, and ends with its app password', async () => {
    const account = await web.account('app@example.org')
    const owner = client(web.url)
    await owner.logIn('app@example.org')
    const app = (await owner.post('account/app-passwords', { label: 'a', protocols: ['http'], password: PASSWORD }))
      .body
    const browser = client(web.url)
    assert.equal((await browser.logIn('app@example.org', { password: app.password })).status, 200)
    const change = { password: app.password, next: 'taken over now' }
    assert.equal((await browser.post('account/password', change)).status, 403, 'an app password is no owner')
    assert.equal((await browser.get('mailboxes')).status, 200)
    await owner.ask('DELETE', `account/app-passwords/${app.id}`)
    assert.equal((await browser.get('mailboxes')).status, 401)
    assert.equal((await owner.get('mailboxes')).status, 200)
    await web.room.accounts.update(account.id, () => ok({ disabled: true }))
    await untilReleased(web, account.id)
  })
  it('takes a recovery code instead of a code, each once; new ones replace the old', async () => {
    await web.account('lost@example.org')
    const browser = client(web.url)
    await browser.logIn('lost@example.org')
    const { secret, qr } = (await browser.post('account/totp/offer')).body
    assert.ok(qr.length >= 21 && qr.every((row: string) => row.length === qr.length && /^[01]+$/.test(row)))
    const code = (): string => totpAt(secret, stepOf(web))
    const on = await browser.post('account/totp', { secret, code: code(), password: PASSWORD })
    const [first, second, third] = on.body.recoveryCodes
    assert.equal(new Set(on.body.recoveryCodes).size, 10)
    const enter = async (given: string) => (await client(web.url).logIn('lost@example.org', { code: given })).status
    assert.equal(await enter(first), 200)
    assert.equal(await enter(first), 401)
    assert.equal(await enter(second.replace('-', '')), 200)
    const stored = JSON.stringify(await web.room.accounts.find('lost@example.org'))
    assert.ok(!stored.includes(third) && !stored.includes(third.replace('-', '')))
    web.clock.pass(60_000)
    const fresh = await browser.post('account/recovery-codes', { password: PASSWORD, code: code() })
    assert.equal(await enter(third), 401)
    assert.equal(await enter(fresh.body.recoveryCodes[0]), 200)
  })
  it('counts wrong codes and wrong tokens like wrong passwords', async () => {
    const own = await openWeb({ login: { main: { trusted_proxies: '127.0.0.1', cleartext_from: '0.0.0.0/0' } } })
    try {
      const from = (address: string, more = {}) => client(own.url, { 'x-forwarded-for': address, ...more })
      const account = await own.account('counted@example.org')
      const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
      const { credentials } = account
      const browser = from('192.0.2.1')
      await browser.logIn('counted@example.org')
      const made = await browser.post('account/tokens', { label: 't', scopes: ['mail:read'], password: PASSWORD })
      const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
      await own.room.accounts.update(account.id, () => ok({ credentials: { ...credentials, totp: secret } }))
      for (let tries = 0; tries < 40; tries++) {
        const reply = await from('198.51.100.7').logIn('counted@example.org', { code: String(100_000 + tries) })
        assert.equal(reply.status, 401)
        assert.deepEqual(reply.body, { error: 'unauthorized', message: 'Authentication failed.' })
      }
      assert.ok((await own.attempts.list(own.clock.now())).some(({ subject }) => subject.includes('198.51.100.7')))
      const reasons = async (): Promise<Set<string>> =>
        new Set((await own.attempts.trail({ limit: 500 })).map(({ reason }) => reason))
      assert.ok((await reasons()).has('wrong-code'))
      // Who is barred does not even hear that a code is wanted.
      assert.equal((await from('198.51.100.7').logIn('counted@example.org')).body.error, 'unauthorized')

      assert.equal((await from('192.0.2.9', bearer(made.body.token)).get('mailboxes')).status, 200)
      for (let tries = 0; tries < 200; tries++) await from('192.0.2.9', bearer(`guess${tries}`)).get('mailboxes')
      assert.ok((await reasons()).has('wrong-token'))
      assert.equal((await from('192.0.2.9', bearer(made.body.token)).get('mailboxes')).status, 401)
      assert.equal((await from('203.0.113.9', bearer(made.body.token)).get('mailboxes')).status, 200)
    } finally {
      await own.close()
    }
  })
  it('what is no code is a wrong code: 401, the same for a right and a wrong password, and counted', async () => {
    const own = await openWeb({ login: { main: { trusted_proxies: '127.0.0.1', cleartext_from: '0.0.0.0/0' } } })
    try {
      const { id } = await own.account('codes@example.org')
      const totp = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
      await own.room.accounts.update(id, settingCredentials({ totp, recoveryCodes: [] }))
      const codes = [
        'é23456',
        '１２３４５６',
        '1234567',
        ' ',
        '\u0000',
        '9'.repeat(1000),
        '１2345-67890',
        '123456-78901',
      ]
      for (const [n, code] of codes.entries()) {
        const browser = client(own.url, { 'x-forwarded-for': `198.51.${n}.7` })
        const replies = []
        for (const more of [{ code }, { code, password: 'no' }]) {
          const { status, body } = await browser.logIn('codes@example.org', more)
          replies.push({ status, body })
        }
        assert.equal(replies[0]?.status, 401, code.slice(0, 20))
        assert.deepEqual(replies[0], replies[1])
        const [account] = await own.attempts.buckets({ user: 'codes@example.org', address: `198.51.${n}.7` })
        assert.equal(account?.failures.length, 2, code.slice(0, 20))
      }
    } finally {
      await own.close()
    }
  })
  it('takes passwords over TLS only, and believes a front-end that is named only', async () => {
    const own = await openWeb({ login: { main: { cleartext_from: 'none', trusted_proxies: '127.0.0.1' } } })
    try {
      await own.account('tls@example.org')
      const proxied = { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': 'https' }
      const reply = await client(own.url, proxied).logIn('tls@example.org')
      assert.match(reply.headers.get('set-cookie') ?? '', /^__Host-mailbox=.*; Secure$/)
      const clear = await client(own.url, { ...proxied, 'x-forwarded-proto': 'http' }).logIn('tls@example.org')
      assert.deepEqual([clear.status, clear.body.error], [403, 'tls-required'])
    } finally {
      await own.close()
    }
  })
  it('asks for the second factor, takes a code once, and bars after five wrong ones', async () => {
    await web.account('factor@example.org')
    const browser = client(web.url)
    await browser.logIn('factor@example.org')
    const { secret } = (await browser.post('account/totp/offer')).body
    const code = (): string => totpAt(secret, stepOf(web))
    const wrong = await browser.post('account/totp', { secret, code: '000000', password: PASSWORD })
    assert.equal(wrong.status, 422)
    assert.equal((await browser.post('account/totp', { secret, code: code(), password: 'no' })).status, 403)
    assert.equal((await browser.post('account/totp', { secret, code: code(), password: PASSWORD })).status, 200)

    const fresh = client(web.url)
    assert.equal((await fresh.logIn('factor@example.org')).body.error, 'code-required')
    const again = await fresh.logIn('factor@example.org', { code: code() })
    const wrongPassword = await fresh.logIn('factor@example.org', { password: 'no', code: code() })
    assert.deepEqual([again.status, again.body], [wrongPassword.status, wrongPassword.body])
    assert.equal(again.status, 401)
    web.clock.pass(60_000)
    assert.equal((await fresh.logIn('factor@example.org', { code: code() })).status, 200)
    web.clock.pass(60_000)
    for (let tries = 0; tries < 5; tries++) await fresh.logIn('factor@example.org', { code: '000000' })
    assert.equal((await fresh.logIn('factor@example.org', { code: code() })).status, 401)
    web.clock.pass(16 * 60_000)
    assert.equal((await fresh.logIn('factor@example.org', { code: code() })).status, 200)
  })
}
