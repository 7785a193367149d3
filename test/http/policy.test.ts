import assert from 'node:assert/strict'
import { client, openWeb, PASSWORD, type Web } from './web'

const TOKEN = 'a token of sixteen or more'
const BASIC = `Basic ${Buffer.from(`wforce:${TOKEN}`).toString('base64')}`

describe('front-ends that share our lockouts', () => {
  let web: Web
  before(async () => {
    web = await openWeb({ http: { policy: { token: TOKEN } } })
  })
  after(() => web.close())

  async function ask(command: string, body: unknown, authorization = BASIC) {
    const reply = await fetch(`${web.url}/?command=${command}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: reply.status, body: JSON.parse(await reply.text()) }
  }
  const from = (login: string, remote: string, more = {}) => ({
    ...{ login, remote, pwhash: '0abc', protocol: 'imap', tls: false, device_id: '' },
    ...more,
  })
  const allowed = async (login: string, remote: string) => (await ask('allow', from(login, remote))).body.status === 0

  it('lock out what they report, for us and for all of them, and let it in again', async () => {
    await web.account('ann@example.org')
    for (let nth = 0; nth < 4; nth++) {
      assert.ok(await allowed('Ann@Example.org', '192.0.2.1'))
      const told = from('ann@example.org', '192.0.2.1', { pwhash: `0ab${nth}`, success: false, policy_reject: false })
      assert.deepEqual((await ask('report', told)).body, { status: 'ok' })
    }
    assert.deepEqual((await ask('allow', from('ann@example.org', '192.0.2.1'))).body, {
      status: -1,
      msg: '',
      r_attrs: {},
    })
    assert.ok(await allowed('ann@example.org', '198.51.100.1'), 'from elsewhere it goes on')
    const bars = await web.attempts.list(web.clock.now())
    assert.deepEqual(
      bars.map(({ scope }) => scope),
      ['account'],
    )
    await ask('report', from('ann@example.org', '192.0.2.1', { success: false, policy_reject: true }))
    const [last] = await web.attempts.trail({ limit: 1 })
    assert.deepEqual([last?.reason, last?.mechanism, last?.protocol], ['policy', 'POLICY', 'imap'])
    assert.deepEqual((await ask('reset', { login: 'ann@example.org', ip: '192.0.2.1' })).body, { status: 'ok' })
    assert.ok(await allowed('ann@example.org', '192.0.2.1'))
  })

  it('hear of our own lockouts, and count the same wrong password once', async () => {
    await web.account('bob@example.org')
    for (let nth = 0; nth < 4; nth++) await client(web.url).logIn('bob@example.org', { password: `wrong ${nth}` })
    assert.equal((await client(web.url).logIn('bob@example.org')).status, 401)
    assert.ok(!(await allowed('bob@example.org', '127.0.0.1')))
    await ask('reset', { login: 'bob@example.org' })
    await ask('reset', { ip: '127.0.0.1' })
    assert.equal((await client(web.url).logIn('bob@example.org', { password: PASSWORD })).status, 200)
    for (let nth = 0; nth < 9; nth++) await ask('report', from('bob@example.org', '192.0.2.7', { success: false }))
    assert.ok(await allowed('bob@example.org', '192.0.2.7'))
  })

  it('forget nothing for a name that nobody can have', async () => {
    await web.account('cleo@example.org')
    for (let nth = 0; nth < 4; nth++)
      await ask('report', from('cleo@example.org', '192.0.2.9', { pwhash: `0c${nth}`, success: false }))
    for (const login of ['no name', ' ', 'x'.repeat(300)]) {
      await ask('reset', { login })
      await ask('reset', { login, ip: '192.0.2.9' })
    }
    assert.ok(!(await allowed('cleo@example.org', '192.0.2.9')))
    await ask('reset', { login: 'cleo@example.org' })
  })

  it('are refused without the token, and with what cannot be read', async () => {
    for (const wrong of ['', 'Basic !', `Bearer ${TOKEN}x`, BASIC.replace('Basic', 'Digest')])
      assert.equal((await ask('allow', from('ann@example.org', '192.0.2.1'), wrong)).status, 401, wrong)
    assert.equal((await ask('allow', from('ann@example.org', '192.0.2.1'), `Bearer ${TOKEN}`)).status, 401)
    const bearer = 'a-token-without-blanks'
    const own = await openWeb({ http: { policy: { token: bearer } } })
    const headers = { authorization: `Bearer ${bearer}` }
    const body = JSON.stringify({ login: 'x', remote: '::1' })
    assert.equal((await fetch(`${own.url}/?command=allow`, { method: 'POST', headers, body })).status, 200)
    await own.close()
    for (const bad of ['', '[]', '{"login":"ann"}', '{"login":"ann","remote":"here"}', '{'])
      assert.equal((await ask('allow', bad)).status, 400, bad)
    assert.equal((await ask('reset', {})).status, 400, 'everything is not forgotten by a slip')
    assert.equal((await ask('getDBStats', {})).status, 404)
    const none = await openWeb()
    assert.equal((await fetch(`${none.url}/?command=allow`, { method: 'POST', body: '{}' })).status, 404)
    await none.close()
    await assert.rejects(openWeb({ http: { policy: { token: 'short' } } }), /policy.token: at least 16/)
    const large = await fetch(`${web.url}/?command=allow`, {
      method: 'POST',
      headers: { authorization: BASIC },
      body: 'x'.repeat(20_000),
    })
    assert.equal(large.status, 413)
  })
})
