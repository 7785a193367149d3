import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDirectories } from '../../../lib/login/directories'
import { flatFileDirectory } from '../../../lib/login/directories/flat-file'
import { filterFor, ldapDirectory } from '../../../lib/login/directories/ldap'
import { parsePasswd, passwdFileDirectory } from '../../../lib/login/directories/passwd-file'
import { storeDirectory } from '../../../lib/login/directories/store'
import { vpopmaildDirectory } from '../../../lib/login/directories/vpopmaild'
import { type Directory, firstOf, passwordsFrom } from '../../../lib/login/directory'
import { loginSettings } from '../../../lib/login/settings'
import { DRIVERS, storeOrSkip } from '../../stores'
import { directoryOf, door, peerAt, person } from '../room'

describe('directories', () => {
  let home = ''
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'login-'))
  })
  afterEach(() => rmSync(home, { recursive: true }))

  it("Haraka's auth_flat_file.ini gives passwords to accounts of the store, and to nobody else", async () => {
    const file = { users: { 'Ann@example.org': 'secret', 'ghost@example.org': 'secret', 'bob@example.org': 42 } }
    const accounts = directoryOf(
      await person('ann@example.org', 'store password'),
      await person('bob@example.org', 'x'),
    )
    const settings = loginSettings({ main: { directories: 'auth_flat_file' } })
    const { login } = door(
      openDirectories({ settings, accounts, home, flatFile: () => file, vpopmaild: () => undefined }),
    )
    const peer = peerAt('192.0.2.1')
    assert.equal((await login.attempt(peer, 'ann@example.org', 'secret')).kind, 'granted')
    assert.equal((await login.attempt(peer, 'bob@example.org', '42')).kind, 'granted')
    assert.equal((await login.attempt(peer, 'ghost@example.org', 'secret')).kind, 'invalid')
    assert.equal((await login.attempt(peer, 'ann@example.org', 'store password')).kind, 'invalid')
    assert.equal(await flatFileDirectory(() => undefined).lookup('ann@example.org'), undefined)
  })

  it('whose password it is decides which account opens, whatever the name was', async () => {
    const ann = await person('ann@example.org', 'wonder land')
    const passwords: Directory = { lookup: async (user) => (user.startsWith('ann@') ? ann : undefined) }
    const accounts = directoryOf(ann, await person('ann@elsewhere.example', 'x'))
    const { login } = door(passwordsFrom(passwords, accounts))
    const answer = await login.attempt(peerAt('192.0.2.1'), 'ann@elsewhere.example', 'wonder land')
    assert.equal(answer.kind === 'granted' && answer.identity.name, 'ann@example.org')
  })

  it('vpopmaild that is not there, or talks of something else, is a temporary error', async () => {
    const other = createServer((socket) => socket.on('error', () => undefined).end('220 mx.example.org ESMTP\r\n'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      for (const main of [{ port }, { port: 1 }]) {
        const entry = await vpopmaildDirectory(() => ({ main })).lookup('ann@example.org')
        await assert.rejects(entry?.verify?.('secret') ?? Promise.resolve())
        // Would be two lines, or a password of nothing: not even asked.
        for (const odd of ['', 'a\nb', 'a\rb']) assert.equal(await entry?.verify?.(odd), false)
      }
    } finally {
      other.close()
    }
  })

  it('reads a passwd-file as Dovecot writes it, again after a change', async () => {
    const path = join(home, 'passwd')
    writeFileSync(path, '# people\nAnn@example.org:{PLAIN}one:1000:1000::/home::extra=1\nbob@example.org:{PLAIN}two\n')
    const directory = passwdFileDirectory(path)
    assert.equal((await directory.lookup('ann@example.org'))?.password, '{PLAIN}one')
    writeFileSync(path, 'ann@example.org:{PLAIN}another\n')
    assert.equal((await directory.lookup('ann@example.org'))?.password, '{PLAIN}another')
    assert.equal(await directory.lookup('bob@example.org'), undefined)
    rmSync(path)
    await assert.rejects(directory.lookup('ann@example.org'))
  })

  it('takes no password without a scheme from a passwd-file', () => {
    assert.deepEqual(
      [...parsePasswd('a:clear\nb:!\nc:*\n:{PLAIN}x\n#d:{PLAIN}x\n e:{PLAIN}x\nf:$6$a$b:1\n')],
      [['f', '$6$a$b']],
    )
  })

  it('the first directory that knows a name decides; a new hash goes where the old one was', async () => {
    const one = directoryOf(await person('ann@example.org', 'x', { password: '{PLAIN}one' }))
    const two = directoryOf(
      await person('ann@example.org', 'x', { password: '{PLAIN}two' }),
      await person('bob@example.org', 'x', { password: '{PLAIN}bob' }),
    )
    const { login } = door(firstOf([one, two]))
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', 'two')).kind, 'invalid')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'bob@example.org', 'bob')).kind, 'granted')
    await login.close()
    assert.match(two.people.get('bob@example.org')?.password ?? '', /ARGON2ID/)
    assert.equal(one.people.size, 1)
  })

  it('a name cannot change an LDAP filter', () => {
    assert.equal(
      filterFor('(&(uid=%n)(mail=%u))', 'a*)(uid=b@x'),
      '(&(uid=a\\2a\\29\\28uid=b)(mail=a\\2a\\29\\28uid=b@x))',
    )
  })

  it('an LDAP server that is not there is a temporary error', async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address()
        resolve(typeof address === 'object' && address ? address.port : 0)
      })
    })
    await new Promise((resolve) => taken.close(resolve))
    const { ldap } = loginSettings({
      main: { directories: 'ldap' },
      ldap: { url: `ldap://127.0.0.1:${port}`, base: 'dc=x' },
    })
    assert.ok(ldap)
    await assert.rejects(ldapDirectory(ldap).lookup('ann@example.org'))
  })

  for (const driver of DRIVERS)
    it(`names with SQL metacharacters find nobody, and are no error, in the store ${driver}`, async function () {
      this.timeout(60_000)
      const place = await storeOrSkip(driver)
      if (!place) return this.skip()
      const store = await place.open()
      try {
        await store.accounts.create({ name: 'ann@example.org', credentials: {} })
        const directory = storeDirectory(store.accounts)
        for (const name of [
          ...[
            "' or '1'='1",
            "ann@example.org' --",
            "ann@example.org'; drop table accounts; --",
            'ann@example.org\\',
            '%',
            '_nn@example.org',
          ],
          ...[
            '$1',
            'ann@example.org/*',
            '"ann@example.org"',
            "e'ann'",
            '\\x616e6e',
            '__proto__',
            'constructor',
            'ANN@EXAMPLE.ORG%',
          ],
        ])
          assert.equal(await directory.lookup(name), undefined, name)
        assert.equal((await directory.lookup('ann@example.org'))?.name, 'ann@example.org')
      } finally {
        await store.close()
        await place.remove()
      }
    })

  it('tells every mistake in the settings at once', () => {
    const wrong = {
      main: {
        directories: 'store nis',
        mechanisms: 'CRAM-MD5',
        cleartext_from: '300.1.1.1',
        hash_width: '0',
        typo: '1',
      },
      lockout: { account_bar: 'soon' },
      oauth: { issuer: 'https://x' },
    }
    assert.throws(
      () => loginSettings(wrong),
      (error: Error) =>
        ['nis', 'CRAM-MD5', '300.1.1.1', 'hash_width', 'typo', 'soon', 'audience'].every((word) =>
          error.message.includes(word),
        ),
    )
  })
})
