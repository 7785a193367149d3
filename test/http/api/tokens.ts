import assert from 'node:assert/strict'
import { SCOPES } from '../../../lib/web/who/sessions'
import { totpAt } from '../../../lib/web/who/totp'
import { documentOf } from '../openapi'
import { client, PASSWORD, type Web } from '../web'

const stepOf = (web: Web): number => Math.floor(web.clock.now() / 30_000)

export function tokenScopes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('are refused by every operation whose scope they have not, whatever others they have', async () => {
    await web.account('scopes@example.org', { admin: true })
    const browser = client(web.url)
    await browser.logIn('scopes@example.org')
    const { secret } = (await browser.post('account/totp/offer')).body
    await browser.post('account/totp', { secret, code: totpAt(secret, stepOf(web)), password: PASSWORD })
    const tokens = new Map<string, ReturnType<typeof client>>()
    for (const without of SCOPES) {
      const scopes = SCOPES.filter((scope) => scope !== without)
      const made = await browser.post('account/tokens', { label: without, scopes, password: PASSWORD })
      tokens.set(without, client(web.url, { authorization: `Bearer ${made.body.token}` }))
    }
    const { paths } = await documentOf(web.url)
    let checked = 0
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { 'x-scope': scope }] of Object.entries(methods)) {
        if (scope === 'public') continue
        const program = tokens.get(scope === 'session' ? 'mail:send' : scope)
        assert.ok(program, scope)
        const reply = await program.ask(method.toUpperCase(), path.slice(1).replace(/\{\w+\}/g, '1'))
        const expected = scope === 'session' ? 'session-required' : 'scope'
        assert.deepEqual([reply.status, reply.body.error], [403, expected], `${method} ${path}`)
        checked++
      }
    }
    assert.ok(checked > 45, String(checked))
  })
  it('do what their scopes say, and nothing without them', async () => {
    await web.account('token@example.org')
    const browser = client(web.url)
    await browser.logIn('token@example.org')
    const make = (more: object) => browser.post('account/tokens', { label: 'a program', password: PASSWORD, ...more })
    assert.equal((await make({ scopes: ['mail:read'], password: 'no' })).status, 403)
    assert.equal((await make({ scopes: ['admin'] })).status, 403)
    const made = await make({ scopes: ['mail:read'], days: 1 })
    assert.equal(made.status, 201)
    const program = client(web.url, { authorization: `Bearer ${made.body.token}` })
    assert.equal((await program.get('mailboxes')).status, 200)
    assert.deepEqual((await program.post('mailboxes', { name: 'x' })).body.error, 'scope')
    assert.deepEqual((await program.get('session')).body.error, 'session-required')
    assert.equal((await client(web.url, { authorization: 'Bearer guessed' }).get('mailboxes')).status, 401)
    assert.equal((await client(web.url, { cookie: `mailbox=${made.body.token}` }).get('mailboxes')).status, 401)
    web.clock.pass(2 * 86_400_000)
    assert.equal((await program.get('mailboxes')).status, 401)
  })
}
