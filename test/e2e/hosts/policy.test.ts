import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ACCOUNTS, cli, type Demo, freePorts, installed, removeHome, run, startDemo } from '../demo'
import { canRunDovecot, type Dovecot, startDovecot } from '../moves/dovecot'

const ALICE = 'alice@example.org'
const TOKEN = 'one-token-for-all-front-ends'

describe('a Dovecot in front shares our lockouts', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-policy-'))
  let demo: Demo
  let dovecot: Dovecot

  before(async function () {
    if (!installed('dovecot') || !installed('curl') || !canRunDovecot()) {
      console.log('      skipped: needs dovecot and curl, and to run as root')
      this.skip()
    }
    const [http, imap, pop3] = await freePorts(3)
    demo = await startDemo(['--http', String(http), '--set', `mailbox_http.ini:policy.token=${TOKEN}`])
    const user = { name: ALICE, hash: '{PLAIN}of dovecot alone', mail: 'maildir:~/Maildir' }
    const basic = Buffer.from(`wforce:${TOKEN}`).toString('base64')
    dovecot = await startDovecot(
      folder,
      { imap: imap ?? 0, pop3: pop3 ?? 0 },
      [user],
      // Dovecot's own slowing down of guessers takes a minute for this test.
      `auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
auth_policy_server_url = http://127.0.0.1:${http}/
auth_policy_server_api_header = Authorization: Basic ${basic}
auth_policy_hash_nonce = some words`,
    )
  })
  after(async () => {
    await dovecot?.stop()
    await demo?.stop()
    removeHome(demo)
    rmSync(folder, { recursive: true })
  })

  const opens = async (port: number, password: string): Promise<boolean> =>
    (await run('curl', ['-sS', '--max-time', '20', '-u', `${ALICE}:${password}`, `imap://127.0.0.1:${port}/`])).code ===
    0

  it('refuses there what was guessed there, and here too, until the lockout is cleared', async () => {
    assert.ok(await opens(dovecot.imap, 'of dovecot alone'), readFileSync(path.join(folder, 'dovecot.log'), 'utf8'))
    assert.ok(await opens(demo.imap, ACCOUNTS[ALICE]))
    for (let nth = 0; nth < 4; nth++) assert.ok(!(await opens(dovecot.imap, `guess ${nth}`)))
    assert.ok(!(await opens(dovecot.imap, 'of dovecot alone')), 'the right password at Dovecot')
    assert.ok(!(await opens(demo.imap, ACCOUNTS[ALICE])), 'the right password here')
    const { stdout } = await cli(['lockouts', 'trail', '--home', demo.home])
    assert.match(stdout, /wrong-password .*\(imap POLICY\)/)
    assert.match(stdout, /policy .*\(imap POLICY\)/)
    await cli(['lockouts', 'clear', ALICE, '--home', demo.home])
    assert.ok(await opens(dovecot.imap, 'of dovecot alone'))
    assert.ok(await opens(demo.imap, ACCOUNTS[ALICE]))
  })
})
