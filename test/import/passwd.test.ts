import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { accountsCommand } from '../../lib/cli/accounts/command'
import { hashPassword } from '../../lib/login/passwords'
import { verifyPassword } from '../../lib/login/passwords/verify'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Store } from '../../lib/store/store'
import { value } from '../mailbox/room'

const BCRYPT = '$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe'

describe('accounts import-passwd', function () {
  this.timeout(20_000)
  let home: string
  let file: string
  const at = (): string => path.join(home, 'mailbox-data/mail')
  async function withStore<T>(run: (store: Store) => Promise<T>): Promise<T> {
    const store = await openSqliteStore({ path: at() })
    try {
      return await run(store)
    } finally {
      await store.close()
    }
  }
  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-passwd-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/plugins'), '')
    file = path.join(home, 'users')
    writeFileSync(
      file,
      [
        '# users',
        'Ann:{PLAIN}open sesame:1000:1000::/home/ann::userdb_quota=1G',
        `bob@other.example:{BLF-CRYPT}${BCRYPT}:::`,
        'old:{MD5-CRYPT}$1$abcdefgh$secretsecretsecret:::',
        'off:!:::',
        'has:{PLAIN}new password:::',
        '',
      ].join('\n'),
    )
    await withStore(async (store) => {
      value(await store.accounts.create({ name: 'has@example.org', credentials: await hashPassword('its own') }))
    })
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  async function run(...args: string[]): Promise<string> {
    const lines: string[] = []
    const { log } = console
    console.log = (line: string) => lines.push(line)
    try {
      await accountsCommand().parseAsync(['import-passwd', file, '--home', home, '--domain', 'Example.org', ...args], {
        from: 'user',
      })
    } finally {
      console.log = log
    }
    assert.equal(process.exitCode, 1)
    process.exitCode = 0
    const text = lines.join('\n')
    assert.doesNotMatch(text, /sesame|secret|\$2y|new password/)
    return text
  }
  const right = (name: string, password: string): Promise<boolean> =>
    withStore(async (store) => {
      const verifier = (await store.accounts.find(name))?.credentials.password
      return verifier !== undefined && (await verifyPassword(password, verifier))
    })

  it('a dry run says all and changes nothing', async () => {
    const text = await run('--dry-run')
    assert.match(text, /^ann@example\.org: made$/m)
    assert.match(text, /^old@example\.org: the scheme MD5-CRYPT is not supported/m)
    assert.match(text, /^off@example\.org: a disabled password/m)
    assert.match(text, /^has@example\.org: has a password already, left$/m)
    assert.match(text, /^2 made, 0 changed, 1 left, 2 refused$/m)
    assert.match(text, /^1 of them have passwords of a slower scheme: set refusal_time in mailbox_login\.ini/m)
    await withStore(async (store) => assert.equal(await store.accounts.find('ann@example.org'), undefined))
  })

  it('hashes stay as they are, clear passwords are hashed with keys for SCRAM, and again it leaves all', async () => {
    assert.match(await run(), /^2 made, 0 changed, 1 left, 2 refused$/m)
    assert.equal(await right('ann@example.org', 'open sesame'), true)
    await withStore(async (store) => {
      const ann = (await store.accounts.find('ann@example.org'))?.credentials
      assert.match(ann?.password ?? '', /^\{ARGON2ID\}/)
      assert.deepEqual(Object.keys(ann?.scram ?? {}), ['SCRAM-SHA-256', 'SCRAM-SHA-1'])
      const bob = (await store.accounts.find('bob@other.example'))?.credentials
      assert.deepEqual([bob?.password, bob?.scram], [`{BLF-CRYPT}${BCRYPT}`, undefined])
    })
    assert.equal(await right('has@example.org', 'its own'), true)
    assert.match(await run(), /^0 made, 0 changed, 3 left, 2 refused$/m)
  })

  it('--replace gives accounts the password of the file', async () => {
    assert.match(await run('--replace'), /^0 made, 3 changed, 0 left, 2 refused$/m)
    assert.equal(await right('has@example.org', 'new password'), true)
  })
})
