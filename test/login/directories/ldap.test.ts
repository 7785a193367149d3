import assert from 'node:assert/strict'
import { ldapAddresses, ldapDirectory } from '../../../lib/login/directories/ldap'
import { loginSettings } from '../../../lib/login/settings'
import { ROOT, slapdOrSkip } from './slapd'

describe('LDAP, with a real server', function () {
  this.timeout(60_000)
  let slapd: Awaited<ReturnType<typeof slapdOrSkip>>
  before(async function () {
    slapd = await slapdOrSkip()
    if (!slapd) this.skip()
  })
  after(() => slapd?.stop())

  function settings(more: Readonly<Record<string, string>> = {}) {
    const { ldap } = loginSettings({
      main: { directories: 'ldap' },
      ldap: {
        url: `ldap://127.0.0.1:${slapd?.port}`,
        base: 'dc=example,dc=org',
        bind_dn: ROOT.dn,
        bind_password: ROOT.password,
        ...more,
      },
    })
    assert.ok(ldap)
    return ldap
  }
  const directory = (more?: Readonly<Record<string, string>>) => ldapDirectory(settings(more))

  it('finds a name and checks its password by a bind', async () => {
    const entry = await directory().lookup('ann@example.org')
    assert.equal(entry?.name, 'ann@example.org')
    assert.equal(await entry?.verify?.('wonder land'), true)
    assert.equal(await entry?.verify?.('wonder'), false)
    assert.equal(await entry?.verify?.(''), false)
  })

  it('finds by another attribute', async () => {
    const entry = await directory({ filter: '(uid=%n)' }).lookup('ann@elsewhere.example')
    assert.equal(entry?.name, 'ann@example.org')
  })

  it('tells the addresses of all whom a name would find, each once', async () => {
    assert.deepEqual(await ldapAddresses(settings()), ['ann@example.org', 'bob@example.org'])
    assert.deepEqual(await ldapAddresses(settings({ filter: '(&(uid=%n)(sn=A))' })), ['ann@example.org'])
  })

  it('knows nobody of a name that does not exist, that is doubtful, or that would be a filter', async () => {
    for (const name of ['nobody@example.org', 'bob@example.org', '*', 'ann@example.org)(uid=*'])
      assert.equal(await directory().lookup(name), undefined, name)
  })

  it('names with LDAP metacharacters find nobody, and are no error', async () => {
    for (const name of [
      ...['*@example.org', 'ann*@example.org', 'a\\6en@example.org', 'ann)(|(uid=*@example.org', '(ann@example.org'],
      ...['ann\\@example.org', 'ann@example.org)(objectClass=*', '%u@example.org', '%n@%d', '\u0000@example.org'],
      ...['ann,dc=example@example.org', '#616e6e@example.org', '&(ann@example.org', '!@x', 'ann@*'],
    ])
      for (const filter of ['(mail=%u)', '(&(uid=%n)(mail=*@%d))'])
        assert.equal(await directory({ filter }).lookup(name), undefined, `${filter} ${name}`)
  })

  it('a wrong password of the searcher is a temporary error, and is not told', async () => {
    await assert.rejects(directory({ bind_password: 'not the admin' }).lookup('ann@example.org'), (error: Error) => {
      assert.ok(!error.message.includes('not the admin'))
      return true
    })
  })
})
