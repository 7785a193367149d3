import assert from 'node:assert/strict'
import { becomes } from '../eventually'
import { client, openWeb, PASSWORD, type Web } from './web'

describe('passwords that everybody knows, over HTTP', () => {
  let web: Web
  const list = new Set([PASSWORD, 'everybody knows'])
  let broken = false
  before(async () => {
    const has = async (password: string) => {
      if (broken) throw new Error('the disk')
      return list.has(password)
    }
    web = await openWeb({ known: { has, idle: () => true }, http: { administrator: { totp: 'false' } } })
  })
  after(() => web.close())

  it('are told to who logs in with one, until another is chosen, which is none of them', async () => {
    await web.account('weak@example.org')
    const browser = client(web.url)
    await browser.logIn('weak@example.org')
    await becomes(async () => (await browser.get('session')).body.knownPassword, true)
    const change = (next: string) => browser.post('account/password', { password: PASSWORD, next })
    const refused = await change('everybody knows')
    assert.deepEqual([refused.status, refused.body.error], [422, 'known-password'])
    assert.match(refused.body.message, /list of stolen and common passwords/)
    assert.equal((await change('nobody knows this')).status, 200)
    assert.equal((await browser.get('session')).body.knownPassword, false)
    // The list changes: a later login finds out.
    list.add('nobody knows this')
    const again = client(web.other)
    await again.logIn('weak@example.org', { password: 'nobody knows this' })
    await becomes(async () => (await again.get('session')).body.knownPassword, true)
  })

  it('are refused to administrators, who see whose password is one', async () => {
    await web.account('root@example.org', { admin: true })
    const root = client(web.url)
    await root.logIn('root@example.org')
    const add = (password: string) => root.post('admin/accounts', { name: 'new@example.org', password })
    assert.equal((await add('everybody knows')).body.error, 'known-password')
    const made = await add('nobody knows that')
    assert.deepEqual([made.status, made.body.knownPassword], [201, false])
    const change = { password: 'everybody knows' }
    assert.equal((await root.ask('PATCH', `admin/accounts/${made.body.id}`, change)).body.error, 'known-password')
    await becomes(async () => {
      const { accounts } = (await root.get('admin/accounts')).body
      return accounts.find((one: { name: string }) => one.name === 'root@example.org').knownPassword
    }, true)
  })

  it('keep nobody out when the list cannot be read', async () => {
    broken = true
    await web.account('disk@example.org')
    const browser = client(web.url)
    assert.equal((await browser.logIn('disk@example.org')).status, 200)
    assert.equal((await browser.post('account/password', { password: PASSWORD, next: 'everybody knows' })).status, 200)
  })
})
