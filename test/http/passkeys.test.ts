import assert from 'node:assert/strict'
import { ok } from '../../lib/terms/fault'
import { httpSettings } from '../../lib/web/settings'
import { withoutSecondFactor } from '../../lib/web/who/credentials'
import { sitesOf } from '../../lib/web/who/passkeys/sites'
import { createAuthenticator } from './authenticator'
import { client, openWeb, PASSWORD, type Web } from './web'

const ORIGIN = 'https://mail.example.org'
const SITE = { rpId: 'mail.example.org', origin: ORIGIN }
const FROM = { origin: ORIGIN }

describe('passkeys', () => {
  let web: Web
  before(async () => {
    web = await openWeb({ login: { lockout: { enabled: 'false' } } })
  })
  after(() => web.close())

  const loggedIn = async (name: string, more = {}) => {
    const browser = client(web.url)
    assert.equal((await browser.logIn(name, more)).status, 200)
    return browser
  }
  const offer = async (): Promise<string> =>
    (await client(web.url).post('session/passkey/offer', {}, FROM)).body.challenge
  const enter = (passkey: unknown, at = web.url) => client(at).post('session/passkey', { passkey }, FROM)

  /** An account with one passkey. */
  async function owner(name: string, more = {}) {
    const account = await web.account(name, more)
    const browser = await loggedIn(name)
    const authenticator = createAuthenticator(SITE)
    const { challenge } = (await browser.post('account/passkeys/offer', {}, FROM)).body
    const given = { label: 'phone', password: PASSWORD, made: authenticator.make(challenge) }
    const added = await browser.post('account/passkeys', given, FROM)
    assert.equal(added.status, 201, JSON.stringify(added.body))
    const show = async (wrong = {}, handle: string = account.id) => authenticator.show(await offer(), handle, wrong)
    return { account, browser, authenticator, show, added: added.body, given }
  }

  it('opens alone, in every process, and is listed with its last use', async () => {
    const { browser, show, added, account } = await owner('alone@example.org')
    assert.equal(added.recoveryCodes.length, 10)
    const before = (await browser.get('account/passkeys')).body.passkeys
    assert.deepEqual([before[0].label, before[0].used], ['phone', undefined])
    const reply = await enter(await show(), web.other)
    assert.equal(reply.status, 200)
    assert.deepEqual([reply.body.account, reply.body.passkeys], [account.name, 1])
    assert.match(reply.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/)
    const [used] = (await browser.get('account/passkeys')).body.passkeys
    assert.equal(used.used.address, '127.0.0.1')
  })

  it('is the second factor beside the password, and recovery codes stand in for it', async () => {
    const { show, added } = await owner('beside@example.org')
    const bare = await client(web.url).logIn('beside@example.org')
    assert.deepEqual([bare.status, bare.body.error], [401, 'code-required'])
    const given = { user: 'beside@example.org', password: PASSWORD }
    const post = (more: object) => client(web.url).post('session', { ...given, ...more })
    assert.equal((await post({ passkey: await show() })).status, 200)
    assert.equal((await post({ password: 'wrong', passkey: await show() })).status, 401)
    assert.equal((await post({ code: added.recoveryCodes[0] })).status, 200)
    assert.equal((await post({ code: added.recoveryCodes[0] })).status, 401)
    const other = await owner('else@example.org')
    assert.equal((await post({ passkey: await other.show() })).status, 401, 'a passkey of somebody else')
  })

  it('answers everything that is wrong by the same bytes, which a wrong password has too', async () => {
    const { account, show, authenticator } = await owner('wrong@example.org')
    const disabled = await owner('off@example.org')
    await web.room.accounts.update(disabled.account.id, () => ok({ disabled: true }))
    const other = await owner('other@example.org')
    const stranger = createAuthenticator(SITE)
    const used = await show()
    assert.equal((await enter(used)).status, 200)
    const old = await show()
    web.clock.pass(6 * 60_000)
    const { challenge: registering } = (await other.browser.post('account/passkeys/offer', {}, FROM)).body
    const tries = {
      'a challenge twice': used,
      'a challenge that is too old': old,
      'a challenge of nobody': authenticator.show(Buffer.alloc(54).toString('base64url'), account.id),
      'a challenge to make a passkey': authenticator.show(registering, account.id),
      'no user verification': await show({ verified: false }),
      'another site': await show({ at: 'https://mail.example.com' }),
      'another name': await show({ rp: 'example.org' }),
      'a passkey of nobody': stranger.show(await offer(), account.id),
      'an account of nobody': await show({}, 'Azzz'),
      'a handle that is none': await show({}, '../"\n'),
      'somebody else': await show({}, other.account.id),
      'a disabled account': await disabled.show(),
      'a wrong signature': { ...(await show()), signature: Buffer.alloc(70, 7).toString('base64url') },
      'no JSON': { ...(await show()), clientDataJSON: 'AAAA' },
    }
    const expected = await client(web.url).logIn('wrong@example.org', { password: 'wrong' })
    for (const [what, passkey] of Object.entries(tries)) {
      const reply = await enter(passkey)
      assert.deepEqual([reply.status, reply.body], [401, expected.body], what)
      assert.equal(reply.headers.get('set-cookie'), null, what)
    }
    assert.equal((await enter(await show())).status, 200)
  })

  it('refuses a copy: its counter does not grow', async () => {
    const { show } = await owner('copy@example.org')
    assert.equal((await enter(await show({ counter: 7 }))).status, 200)
    assert.equal((await enter(await show({ counter: 7 }))).status, 401)
    assert.equal((await enter(await show({ counter: 0 }))).status, 401)
    assert.equal((await enter(await show({ counter: 8 }))).status, 200)
  })

  it('counts in the lockouts, and opens nothing for who is locked out', async () => {
    const own = await openWeb()
    try {
      const account = await own.account('guess@example.org')
      const browser = client(own.url)
      await browser.logIn('guess@example.org')
      const authenticator = createAuthenticator(SITE)
      const ask = async (at: string) => (await browser.post(at, {}, FROM)).body.challenge
      const made = authenticator.make(await ask('account/passkeys/offer'))
      await browser.post('account/passkeys', { label: 'a', password: PASSWORD, made }, FROM)
      const attempt = async (by: typeof authenticator, at = own.url) =>
        client(at).post('session/passkey', { passkey: by.show(await ask('session/passkey/offer'), account.id) }, FROM)
      assert.equal((await attempt(authenticator)).status, 200)
      for (let nth = 0; nth < 4; nth++) assert.equal((await attempt(createAuthenticator(SITE))).status, 401)
      assert.equal((await attempt(authenticator)).status, 401)
      const [bar] = await own.attempts.list(own.clock.now())
      assert.equal(bar?.scope, 'account')
      const trail = await own.attempts.trail({ limit: 1 })
      assert.equal(trail[0]?.mechanism, 'PASSKEY')
    } finally {
      await own.close()
    }
  })

  it('is taken away by password and second factor, and ends the sessions that it opened', async () => {
    const { browser, show, added, authenticator, account } = await owner('gone@example.org')
    const second = client(web.url)
    assert.equal((await second.post('session/passkey', { passkey: await show() }, FROM)).status, 200)
    const remove = (more: object) =>
      browser.ask('DELETE', `account/passkeys/${added.id}`, { password: PASSWORD, ...more })
    assert.equal((await remove({})).body.error, 'wrong-password')
    assert.equal((await remove({ code: '00000-00000' })).body.error, 'wrong-password')
    assert.equal((await remove({ passkey: await show() })).status, 200)
    assert.equal((await second.get('session')).status, 401)
    assert.deepEqual((await browser.get('session')).body.passkeys, 0)
    assert.equal((await enter(authenticator.show(await offer(), account.id))).status, 401)
    const after = await web.room.accounts.get(account.id)
    assert.equal(after?.credentials.recoveryCodes, undefined, 'nothing is left for them to stand in for')
    assert.equal((await client(web.url).logIn('gone@example.org')).status, 200)
  })

  it('is an administrator’s second factor, and the command line takes it away', async () => {
    const { account, show } = await owner('root@example.org', { admin: true })
    const browser = client(web.url)
    assert.equal((await browser.post('session/passkey', { passkey: await show() }, FROM)).body.totpRequired, false)
    assert.equal((await browser.get('admin/overview')).status, 200)
    const take = ({ credentials }: typeof account) => ok({ credentials: withoutSecondFactor(credentials) })
    await web.room.accounts.update(account.id, take)
    const again = await loggedIn('root@example.org')
    assert.equal((await again.get('admin/overview')).body.error, 'totp-required')
  })

  it('is made for one account, at this address, once, and not by a session from before the second factor', async () => {
    const account = await web.account('make@example.org')
    const [browser, early] = [await loggedIn('make@example.org'), await loggedIn('make@example.org')]
    const ask = async () => (await browser.post('account/passkeys/offer', {}, FROM)).body.challenge
    const authenticator = createAuthenticator(SITE)
    const post = (made: object, by = browser, from: Record<string, string> = FROM) =>
      by.post('account/passkeys', { label: 'x', password: PASSWORD, made }, from)
    const bad = [
      authenticator.make(await offer()),
      authenticator.make(await ask(), { at: 'https://evil.example' }),
      // "packed" with a certificate: nobody looks at it, and nothing is fetched for it.
      authenticator.make(await ask(), { format: '667061636b6564', attestation: 'a163783563814101' }),
      { ...authenticator.make(await ask()), attestationObject: 'AAAA' },
    ]
    for (const made of bad) assert.equal((await post(made)).body.error, 'bad-passkey')
    const made = authenticator.make(await ask())
    const elsewhere = await post(made, browser, { origin: 'https://other.example.org' })
    assert.deepEqual([elsewhere.status, elsewhere.body.error], [404, 'no-passkeys'])
    const wrong = await browser.post('account/passkeys', { label: 'x', password: 'wrong', made }, FROM)
    assert.equal(wrong.body.error, 'wrong-password')
    assert.equal((await post(made)).status, 201)
    assert.equal((await post(made)).body.error, 'not-permitted')
    const late = await post(createAuthenticator(SITE).make(await ask()), early)
    assert.deepEqual([late.status, late.body.error], [403, 'second-factor-required'])
    const { passkeys = [] } = (await web.room.accounts.get(account.id))?.credentials ?? {}
    assert.equal(passkeys.length, 1)
  })

  it('is bound to the addresses that the settings name: by default this server’s name, over HTTPS', () => {
    const sites = (passkeys: Record<string, string>) => sitesOf(httpSettings({ passkeys }).passkeys, 'mail.example.org')
    const own = { origin: 'https://mail.example.org', rpId: 'mail.example.org' }
    assert.deepEqual(sites({}), [own])
    assert.deepEqual(sites({ origins: 'none' }), [])
    const two = 'https://mail.example.org https://web.example.org:8443'
    assert.deepEqual(sites({ origins: two }), [
      own,
      { origin: 'https://web.example.org:8443', rpId: 'web.example.org' },
    ])
    assert.deepEqual(
      new Set(sites({ origins: two, rp_id: 'example.org' }).map(({ rpId }) => rpId)),
      new Set(['example.org']),
    )
    assert.deepEqual(sites({ origins: 'http://localhost:8080' })[0]?.rpId, 'localhost')
    assert.deepEqual(sitesOf(httpSettings({}).passkeys, '192.0.2.1'), [])
    for (const origins of [
      'http://mail.example.org',
      'https://192.0.2.1',
      'mail.example.org',
      'https://a.example.org/mail',
    ])
      assert.throws(() => sites({ origins }), /passkeys.origins: .*expected https/, origins)
    assert.throws(() => sites({ origins: two, rp_id: 'ample.org' }), /is not below it/)
    assert.throws(() => sites({ rp_id: 'example.org' }), /needs passkeys.origins/)
  })
})
