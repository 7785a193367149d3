import assert from 'node:assert/strict'
import { storeDirectory } from '../../lib/login/directories/store'
import { hashPassword, setPassword } from '../../lib/login/passwords'
import { type Account, settingCredentials } from '../../lib/store/account'
import { ok } from '../../lib/terms/fault'
import { totpAt } from '../../lib/web/who/totp'
import { client, openWeb, PASSWORD, type Web } from './web'

/** What somebody wrote stays, whoever else writes at the same time, by whatever way. */
describe('credentials change in one step', () => {
  let web: Web
  before(async () => {
    web = await openWeb({ http: { administrator: { totp: 'false' } }, login: { lockout: { enabled: 'false' } } })
  })
  after(() => web.close())

  const now = async ({ id }: Account): Promise<Account> => {
    const account = await web.room.accounts.get(id)
    assert.ok(account)
    return account
  }
  async function session(name: string, password = PASSWORD, at = web.url) {
    const browser = client(at)
    assert.equal((await browser.logIn(name, { password })).status, 200)
    return browser
  }

  it('a change of the password holds, whatever sessions that were there do meanwhile, in any process', async () => {
    await web.account('owner@example.org')
    let password = PASSWORD
    for (let nth = 0; nth < 10; nth++) {
      const thieves = await Promise.all(
        [web.url, web.other, web.url, web.other].map((at) => session('owner@example.org', password, at)),
      )
      const owner = await session('owner@example.org', password)
      let over = false
      const loops = thieves.map(async (thief) => {
        while (!over) await thief.ask('DELETE', 'account/app-passwords/none')
      })
      const next = `another password ${nth}`
      assert.equal((await owner.post('account/password', { password, next })).status, 200)
      over = true
      await Promise.all(loops)
      assert.equal((await client(web.url).logIn('owner@example.org', { password })).status, 401, `change ${nth}`)
      assert.equal((await owner.get('session')).status, 200)
      password = next
      await session('owner@example.org', password)
    }
  })

  it('of changes of the password at once one holds, and says so', async () => {
    await web.account('twice@example.org')
    const all = await Promise.all(Array.from({ length: 5 }, () => session('twice@example.org')))
    const replies = await Promise.all(
      all.map((browser, nth) =>
        browser.post('account/password', { password: PASSWORD, next: `number ${nth} of them` }),
      ),
    )
    const winners = replies.flatMap(({ status }, nth) => (status === 200 ? [nth] : []))
    assert.equal(winners.length, 1, replies.map(({ status }) => status).join())
    await session('twice@example.org', `number ${winners[0]} of them`)
  })

  it('20 app passwords made and taken away at once are all there, or gone', async () => {
    const account = await web.account('apps@example.org')
    const browser = await session('apps@example.org')
    const make = () => browser.post('account/app-passwords', { label: 'x', password: PASSWORD })
    const first = await Promise.all(Array.from({ length: 10 }, make))
    const [gone] = await Promise.all([
      Promise.all(
        first.map(({ body }) =>
          browser.ask('DELETE', `account/app-passwords/${body.id}`, undefined, { at: web.other }),
        ),
      ),
      Promise.all(Array.from({ length: 10 }, make)),
    ])
    assert.ok(gone.every(({ status }) => status === 200))
    const left = ((await now(account)).credentials.appPasswords ?? []).map(({ id }) => id)
    assert.equal(new Set(left).size, 10)
    assert.ok(first.every(({ body }) => !left.includes(body.id)))
  })

  it('what an administrator sets and what the owner does at the same time are both there', async () => {
    await web.account('boss@example.org', { admin: true })
    const account = await web.account('both@example.org')
    const [boss, owner] = [await session('boss@example.org'), await session('both@example.org')]
    const { secret } = (await owner.post('account/totp/offer')).body
    const code = totpAt(secret, Math.floor(web.clock.now() / 30_000))
    const route = `admin/accounts/${account.id}`
    const replies = await Promise.all([
      owner.post('account/totp', { secret, code, password: PASSWORD }),
      owner.post('account/app-passwords', { label: 'phone', password: PASSWORD }),
      boss.ask('PATCH', route, { quotaBytes: 1000 }),
      boss.ask('PATCH', route, { protocols: ['http', 'imap'] }),
      boss.post(`${route}/app-passwords`, { label: 'by the boss', protocols: ['imap'] }),
    ])
    assert.ok(
      replies.every(({ status }) => status < 300),
      replies.map(({ status }) => status).join(),
    )
    const { credentials, quotaBytes, protocols } = await now(account)
    assert.deepEqual([credentials.totp, quotaBytes, protocols], [secret, 1000, ['http', 'imap']])
    assert.deepEqual((credentials.appPasswords ?? []).map(({ label }) => label).sort(), ['by the boss', 'phone'])
    assert.equal(credentials.recoveryCodes?.length, 10)
  })

  it('what began before the session ended changes nothing after it', async () => {
    const account = await web.account('late@example.org')
    const browser = await session('late@example.org')
    const { accounts } = web.room
    const real = accounts.update
    // The password is changed while the request is on its way to the store.
    const fresh = await setPassword('set by the owner elsewhere')
    Object.assign(accounts, {
      update: async (...given: Parameters<typeof real>) => {
        Object.assign(accounts, { update: real })
        await real(account.id, settingCredentials(fresh))
        return real(...given)
      },
    })
    const reply = await browser.post('account/app-passwords', { label: 'of the thief', password: PASSWORD })
    assert.deepEqual([reply.status, reply.body.error], [403, 'not-permitted'])
    const { credentials } = await now(account)
    assert.deepEqual([credentials.epoch, credentials.appPasswords], [fresh.epoch, undefined])
  })

  it('a hash that is made anew after a login brings no old password back', async () => {
    const account = await web.account('rehashed@example.org')
    const directory = storeDirectory(web.room.accounts)
    const entry = await directory.lookup('rehashed@example.org')
    assert.ok(entry)
    const again = await hashPassword(PASSWORD)
    const fresh = await setPassword('changed meanwhile')
    await Promise.all([
      web.room.accounts.update(account.id, settingCredentials(fresh)),
      directory.rehash?.(entry, again),
    ])
    assert.equal((await now(account)).credentials.password, fresh.password)
    await directory.rehash?.(entry, again)
    assert.equal((await now(account)).credentials.password, fresh.password)
    await web.room.accounts.update(account.id, () => ok({ disabled: true }))
    assert.equal((await now(account)).credentials.epoch, fresh.epoch)
  })

  it('an app password opens the mail programs, and nothing changes credentials but the own password', async () => {
    await web.account('phone@example.org')
    const browser = await session('phone@example.org')
    const own = { label: 'page', protocols: ['http'], password: PASSWORD }
    const { body } = await browser.post('account/app-passwords', own)
    const program = await session('phone@example.org', body.password)
    for (const [method, route, more] of [
      ['POST', 'account/password', { next: 'something else' }],
      ['POST', 'account/app-passwords', { label: 'x' }],
      ['POST', 'account/tokens', { label: 'x', scopes: ['mail:read'] }],
    ] as const) {
      const reply = await program.ask(method, route, { ...more, password: body.password })
      assert.deepEqual([reply.status, reply.body.error], [403, 'wrong-password'], route)
    }
    assert.equal((await browser.ask('DELETE', `account/app-passwords/${body.id}`)).status, 200)
    assert.equal((await program.get('session')).status, 401)
  })
})
