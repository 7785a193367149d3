import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ldapDirectory } from '../../lib/login/directories/ldap'
import { loginSettings } from '../../lib/login/settings'
import { freePorts, run } from '../e2e/demo'

const SLAPD = '/usr/sbin/slapd'
const ROOT = { dn: 'cn=admin,dc=example,dc=org', password: 'the admin' }
const PEOPLE = `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=ann,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: A
mail: Ann@Example.org
userPassword: wonder land

dn: uid=bob,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
mail: bob@example.org
userPassword: first

dn: uid=bob2,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob2
cn: Bob
sn: B
mail: bob@example.org
userPassword: second
`

async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const socket = connect(port, '127.0.0.1')
    const up = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('slapd does not listen')
}

describe('LDAP, with a real server', function () {
  this.timeout(60_000)
  let folder: string
  let slapd: ChildProcess | undefined
  let port = 0

  before(async function () {
    if (!existsSync(SLAPD)) {
      console.log('      no slapd on this machine: skipped')
      return this.skip()
    }
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-ldap-'))
    mkdirSync(path.join(folder, 'data'))
    const config = path.join(folder, 'slapd.conf')
    writeFileSync(
      config,
      `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/pid
access to attrs=userPassword by anonymous auth by * none
access to * by dn="${ROOT.dn}" read by * none
database mdb
suffix dc=example,dc=org
rootdn ${ROOT.dn}
rootpw "${ROOT.password}"
directory ${folder}/data
`,
    )
    const people = path.join(folder, 'people.ldif')
    writeFileSync(people, PEOPLE)
    const added = await run('/usr/sbin/slapadd', ['-f', config, '-l', people])
    assert.equal(added.code, 0, added.stderr)
    ;[port = 0] = await freePorts(1)
    slapd = spawn(SLAPD, ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}`], { stdio: 'ignore' })
    await listens(port)
  })
  after(async () => {
    if (slapd) {
      const exited = once(slapd, 'exit')
      slapd.kill()
      await exited
    }
    if (folder) rmSync(folder, { recursive: true })
  })

  function directory(more: Readonly<Record<string, string>> = {}) {
    const { ldap } = loginSettings({
      main: { directories: 'ldap' },
      ldap: {
        url: `ldap://127.0.0.1:${port}`,
        base: 'dc=example,dc=org',
        bind_dn: ROOT.dn,
        bind_password: ROOT.password,
        ...more,
      },
    })
    assert.ok(ldap)
    return ldapDirectory(ldap)
  }

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

  it('knows nobody of a name that does not exist, that is doubtful, or that would be a filter', async () => {
    for (const name of ['nobody@example.org', 'bob@example.org', '*', 'ann@example.org)(uid=*'])
      assert.equal(await directory().lookup(name), undefined, name)
  })

  it('a wrong password of the searcher is a temporary error, and is not told', async () => {
    await assert.rejects(directory({ bind_password: 'not the admin' }).lookup('ann@example.org'), (error: Error) => {
      assert.ok(!error.message.includes('not the admin'))
      return true
    })
  })
})
