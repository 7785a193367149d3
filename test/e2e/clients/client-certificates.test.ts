import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Demo, installed, removeHome, run, startDemo } from '../demo'
import { AUTHORITY, Certificates, client } from './certificates'

const ALICE = 'alice@example.org'

/** SASL EXTERNAL with certificates of an authority that the operator named (`client_ca`), through real Haraka. */
describe('client certificates', () => {
  let demo: Demo | undefined
  let made: Certificates
  before(async function () {
    if (!installed('curl') || !installed('openssl')) return this.skip()
    this.timeout(60_000)
    const home = mkdtempSync(path.join(tmpdir(), 'mailbox-certificates-'))
    mkdirSync(path.join(home, 'config/tls'), { recursive: true })
    made = new Certificates(mkdtempSync(path.join(home, 'made-')))
    made.make('ours', '/CN=Our people', { extensions: AUTHORITY })
    made.make('branch', '/CN=Our branch', { by: 'ours', extensions: AUTHORITY })
    made.make('theirs', '/CN=Our people', { extensions: AUTHORITY })
    made.make('alice', '/CN=Alice', { by: 'ours', extensions: client(ALICE) })
    made.make('twice', '/CN=Alice', { by: 'ours', extensions: client(`nobody@example.org,email:${ALICE}`) })
    made.make('plain', `/CN=${ALICE}`, { by: 'ours', extensions: client('') })
    made.make('other', `/CN=${ALICE}`, { by: 'ours', extensions: client('nobody@example.org') })
    made.make('stolen', '/CN=Alice', { by: 'theirs', extensions: client(ALICE) })
    made.make('self', '/CN=Alice', { extensions: client(ALICE) })
    made.make('server', '/CN=Alice', { by: 'ours', extensions: client(ALICE, 'serverAuth') })
    made.make('late', '/CN=Alice', { by: 'ours', extensions: client(ALICE), days: -1 })
    const within = 'subjectAltName=@names\n[names]\nURI.1=https://example.org/a, email:alice@example.org, b'
    made.make('within', '/CN=Alice', { by: 'ours', extensions: `extendedKeyUsage=clientAuth\n${within}` })
    made.make('far', '/CN=Alice', { by: 'branch', extensions: client(ALICE) })
    writeFileSync(made.file('far.pem'), readFileSync(made.file('branch.crt')), { flag: 'a' })
    made.make('name', '/CN=mail.example.org', { extensions: 'subjectAltName=DNS:mail.example.org' })
    writeFileSync(path.join(home, 'config/tls/mail.example.org.pem'), readFileSync(made.file('name.pem')))
    writeFileSync(path.join(home, 'config/client_ca.pem'), readFileSync(made.file('ours.crt')))
    demo = await startDemo(['--set', 'mailbox_login.ini:main.client_ca=client_ca.pem'], home)
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })
  const running = (): Demo => demo ?? assert.fail('no server')

  async function external(
    url: string,
    certificate: string,
    user = ALICE,
    more: readonly string[] = [],
  ): Promise<boolean> {
    const { code, stdout } = await run('curl', [
      ...['-sS', '-k', '--ssl-reqd', '--cert', made.file(`${certificate}.pem`), '--login-options', 'AUTH=EXTERNAL'],
      ...['-u', `${user}:`, ...more, url],
    ])
    if (code === 0) assert.match(stdout, /INBOX|^\s*$/)
    return code === 0
  }
  const imaps = (host = '127.0.0.1'): string => `imaps://${host}:${running().imaps}/`

  it('open the mailbox of whom they name, in IMAP and POP3, after STARTTLS too', async () => {
    const { imap, pop3, pop3s } = running()
    for (const url of [
      imaps(),
      `imap://127.0.0.1:${imap}/`,
      `pop3://127.0.0.1:${pop3}/`,
      `pop3s://127.0.0.1:${pop3s}/`,
    ])
      assert.ok(await external(url, 'alice'), url)
    assert.ok(await external(imaps(), 'far'), 'an authority between')
    assert.ok(await external(imaps(), 'twice'), 'the second name, asked for')
    assert.ok(await external(imaps(), 'plain'), 'a subject that is an address')
  })

  it('are judged alike by the certificate that a server name chooses', async () => {
    const at = ['--resolve', `mail.example.org:${running().imaps}:127.0.0.1`]
    assert.ok(await external(imaps('mail.example.org'), 'alice', ALICE, at))
    assert.ok(!(await external(imaps('mail.example.org'), 'stolen', ALICE, at)))
    const shown = await run('openssl', [
      's_client',
      '-connect',
      `127.0.0.1:${running().imaps}`,
      '-servername',
      'mail.example.org',
    ])
    assert.match(shown.stdout, /subject=CN = mail\.example\.org/)
  })

  it('open nothing when another signed them, they are out of date, for servers, or name somebody else', async () => {
    for (const name of ['stolen', 'self', 'late', 'server', 'other', 'within'])
      assert.ok(!(await external(imaps(), name)), name)
    assert.ok(!(await external(imaps(), 'alice', 'bob@example.org')), 'for bob')
    assert.ok(!(await external(imaps(), 'twice', 'nobody@example.org')), 'no such account')
  })

  it('are not needed: a password still does, and so it does beside a bad one', async () => {
    const password = ['-sS', '-k', '-u', `${ALICE}:wonder land`, imaps()]
    for (const more of [[], ['--cert', made.file('stolen.pem')]]) {
      const { code, stdout, stderr } = await run('curl', [...more, ...password])
      assert.equal(code, 0, stderr)
      assert.match(stdout, /INBOX/)
    }
  })

  for (const version of ['-tls1_2', '-tls1_3'])
    it(`are remembered in a resumed session (${version.slice(1)})`, async () => {
      const session = made.file(`session${version}`)
      // openssl tells of tickets in the middle of a line of ours.
      const opened = /a OK \[CAPABILITY/
      const login = `a AUTHENTICATE EXTERNAL ${Buffer.from(ALICE).toString('base64')}\nb LOGOUT\n`
      const talk = (...more: string[]) =>
        run(
          'openssl',
          [
            ...['s_client', '-connect', `127.0.0.1:${running().imaps}`, version, '-crlf', '-ign_eof'],
            ...['-cert', made.file('alice.pem'), ...more],
          ],
          { input: login },
        )
      const first = await talk('-sess_out', session)
      assert.match(first.stdout, /Acceptable client certificate CA names\s+CN = Our people/)
      assert.match(first.stdout, /^New, TLS/m)
      assert.match(first.stdout, opened)
      const again = await talk('-sess_in', session)
      assert.match(again.stdout, /^Reused, TLS/m)
      assert.match(again.stdout, opened)
    })
})
