import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { cli, type Demo, installed, removeHome, run, startDemo } from '../demo'

const PASSWORD = 'wönder länd'
const KEPT = [
  ...['ARGON2ID', 'ARGON2I', 'BLF-CRYPT', 'SHA512-CRYPT', 'SHA256-CRYPT', 'CRYPT', 'PBKDF2'],
  ...['SSHA', 'SSHA256', 'SSHA512', 'PLAIN', 'CLEARTEXT', 'CLEAR'],
]
const REFUSED = [
  ...['MD5-CRYPT', 'DES-CRYPT', 'SHA', 'SHA256', 'SHA512', 'SMD5', 'PLAIN-MD5', 'LDAP-MD5', 'CRAM-MD5'],
  ...['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SSHA512.HEX'],
]
const nameOf = (scheme: string): string => `${scheme.toLowerCase()}@example.org`

describe('passwords as doveadm pw hashes them', function () {
  this.timeout(120_000)
  let demo: Demo | undefined
  const hashes = new Map<string, string>()
  before(async function () {
    if (!installed('doveadm')) this.skip()
    for (const scheme of [...KEPT, ...REFUSED]) {
      const { stdout, code, stderr } = await run('doveadm', ['pw', '-s', scheme, '-p', PASSWORD])
      assert.equal(code, 0, stderr)
      hashes.set(scheme, stdout.trim())
    }
    demo = await startDemo()
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  const login = async (user: string, pass: string): Promise<boolean> => {
    const imap = new ImapFlow({
      ...{ host: '127.0.0.1', port: demo?.imap ?? 0, secure: false, doSTARTTLS: false },
      ...{ auth: { user, pass, loginMethod: 'LOGIN' }, logger: false },
    })
    imap.on('error', () => undefined)
    try {
      await imap.connect()
      await imap.logout()
      return true
    } catch (error) {
      imap.close()
      if (error instanceof Error && 'authenticationFailed' in error) return false
      throw error
    }
  }

  it('are the passwords here after accounts import-passwd, twice: as they came and as the first login leaves them', async () => {
    assert.ok(demo)
    const file = path.join(demo.home, 'users')
    const bare = hashes.get('SHA512-CRYPT')?.replace(/^\{.*\}/, '')
    const lines = [...hashes].map(
      ([scheme, hash]) => `${nameOf(scheme)}:${hash}:8:8::/srv/mail/x::userdb_quota_rule=*:bytes=1G`,
    )
    writeFileSync(file, [...lines, `bare@example.org:${bare}:8:8::/x::`, 'shut@example.org:*:8:8::/x::', ''].join('\n'))
    const args = ['accounts', 'import-passwd', file, '--home', demo.home]
    const dry = await cli([...args, '--dry-run'])
    const ran = await cli(args)
    assert.equal(ran.code, 1, 'some are refused')
    for (const { stdout } of [dry, ran]) {
      for (const scheme of REFUSED) {
        const line = new RegExp(`^${nameOf(scheme)}: the scheme ${scheme} is not supported: .*accounts passwd`, 'mi')
        assert.match(stdout, line)
      }
      assert.match(
        stdout,
        new RegExp(`^${KEPT.length + 1} made, 0 changed, 0 left, ${REFUSED.length + 1} refused$`, 'm'),
      )
      assert.match(stdout, /^shut@example\.org: a disabled password/m)
      for (const hash of hashes.values()) assert.ok(!stdout.includes(hash.replace(/^\{.*\}/, '')))
    }
    for (const name of [...KEPT.map(nameOf), 'bare@example.org']) {
      assert.equal(await login(name, PASSWORD), true, name)
      assert.equal(await login(name, PASSWORD), true, `${name} again`)
    }
    assert.equal(await login(nameOf('SSHA'), `${PASSWORD}.`), false)
    assert.equal(await login(nameOf('MD5-CRYPT'), PASSWORD), false)
  })
})
