import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePorts, run } from '../../e2e/demo'
import { eventually } from '../../eventually'

const SLAPD = '/usr/sbin/slapd'
export const ROOT = { dn: 'cn=admin,dc=example,dc=org', password: 'the admin' }
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
  await eventually('slapd listens', async () => {
    const socket = connect(port, '127.0.0.1')
    const up = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    return up
  })
}

/** A person with a mail address and a password, as slapadd reads it. */
export const personOf = (name: string, password: string): string => `
dn: uid=${name},dc=example,dc=org
objectClass: inetOrgPerson
uid: ${name}
cn: ${name}
sn: ${name}
mail: ${name}@example.org
userPassword: ${password}
`

/**
 * A private slapd with some people; undefined, and a line that says so, where there is none.
 * @param more people (`personOf`)
 */
export async function slapdOrSkip(more = ''): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  if (!existsSync(SLAPD)) {
    console.log('      no slapd on this machine: skipped')
    return undefined
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-ldap-'))
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
  writeFileSync(people, PEOPLE + more)
  const added = await run('/usr/sbin/slapadd', ['-f', config, '-l', people])
  assert.equal(added.code, 0, added.stderr)
  const [port = 0] = await freePorts(1)
  const slapd = spawn(SLAPD, ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}`], { stdio: 'ignore' })
  await listens(port)
  return {
    port,
    stop: async () => {
      const exited = once(slapd, 'exit')
      slapd.kill()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}
