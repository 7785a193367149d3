import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { eventually } from '../../eventually'
import { ACCOUNTS, cli, type Demo, freePorts, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
const bob = 'bob@example.org'

describe('demo --lmtp', function () {
  this.timeout(60_000)
  let demo: Demo
  let socket: string
  before(async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'mailbox-e2e-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/mailbox_aliases'), `both@example.org ${alice} ${bob}\n`)
    socket = path.join(home, 'lmtp.socket')
    const [port] = await freePorts(1)
    demo = await startDemo(
      ['--lmtp', String(port), '--set', `mailbox_lmtp.ini:main.listen=${socket} 127.0.0.1:${port}`],
      home,
    )
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  async function subjects(user: keyof typeof ACCOUNTS): Promise<string[]> {
    const auth = { user, pass: ACCOUNTS[user] }
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: demo.imap,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
    })
    await client.connect()
    await client.mailboxOpen('INBOX')
    const found: string[] = []
    for await (const { envelope } of client.fetch('1:*', { envelope: true })) found.push(envelope?.subject ?? '')
    await client.logout()
    return found
  }

  it('stores what comes by TCP, STARTTLS and a Unix socket; aliases work for SMTP too', async () => {
    assert.ok(existsSync(socket))
    const message = (subject: string, to: readonly string[]) => ({
      envelope: { from: 'a@example.net', to: [...to] },
      raw: `Subject: ${subject}\r\n\r\nhello\r\n`,
    })
    const common = { host: '127.0.0.1', lmtp: true, name: 'localhost' }
    for (const [subject, options] of [
      ['tcp', { ...common, port: demo.lmtp, ignoreTLS: true }],
      ['starttls', { ...common, port: demo.lmtp, requireTLS: true, tls: { rejectUnauthorized: false } }],
      ['unix', { ...common, connection: connect(socket), ignoreTLS: true }],
      ['smtp', { ...common, lmtp: false, port: demo.smtp, ignoreTLS: true }],
    ] as const) {
      const transport = createTransport(options)
      const sent = await transport.sendMail(message(subject, [alice, 'nobody@example.org', 'both@example.org']))
      assert.deepEqual([sent.accepted, sent.rejected], [[alice, 'both@example.org'], ['nobody@example.org']])
      transport.close()
    }
    assert.deepEqual(await subjects(alice), ['tcp', 'starttls', 'unix', 'smtp'])
    assert.deepEqual(await subjects(bob), ['tcp', 'starttls', 'unix', 'smtp'])
  })

  it('takes what another Haraka in front delivers by its queue/lmtp: each recipient has an answer of its own', async () => {
    const [port = 0] = await freePorts(1)
    const home = mkdtempSync(path.join(tmpdir(), 'mailbox-front-'))
    const files = {
      me: 'front.example.net\n',
      host_list: 'example.org\n',
      plugins: 'rcpt_to.in_host_list\nqueue/lmtp\n',
      'smtp.ini': `listen=127.0.0.1:${port}\nnodes=0\n`,
      'lmtp.ini': `host=127.0.0.1\nport=${demo.lmtp}\n`,
    }
    mkdirSync(path.join(home, 'config'))
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(home, 'config', name), text)
    const haraka = path.dirname(require.resolve('haraka/package.json'))
    // Haraka's own defaults for this file are not whole.
    cpSync(path.join(haraka, 'config/connection.ini'), path.join(home, 'config/connection.ini'))
    const front = spawn(process.execPath, [path.join(haraka, 'bin/haraka'), '-c', home], { stdio: 'ignore' })
    try {
      const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
      await eventually('the Haraka in front answers', () => transport.verify().catch(() => false))
      const to = [alice, 'nobody@example.org', bob]
      await transport.sendMail({
        envelope: { from: 'a@example.net', to },
        raw: 'Subject: by queue/lmtp\r\n\r\nhello\r\n',
      })
      transport.close()
      const has = (user: keyof typeof ACCOUNTS, wanted: RegExp): Promise<number> =>
        eventually(`${user} has ${wanted}`, async () => {
          const matching = (await subjects(user)).filter((subject) => wanted.test(subject))
          return matching.length > 0 && matching.length
        })
      assert.equal(await has(bob, /^by queue\/lmtp$/), 1)
      assert.equal(await has(alice, /^by queue\/lmtp$/), 1)
    } finally {
      front.kill('SIGINT')
      if (front.exitCode === null && front.signalCode === null) await once(front, 'exit')
      rmSync(home, { recursive: true, force: true })
    }
  })

  it('an administrator asks where an address leads, and finds mail, which the audit trail has', async () => {
    const home = ['--home', demo.home]
    const tested = await cli(['aliases', 'test', 'both@example.org', '--json', ...home])
    assert.equal(tested.code, 0, tested.stderr)
    const { local }: { local: { account: string }[] } = JSON.parse(tested.stdout)
    assert.deepEqual(
      local.map(({ account }) => account),
      [alice, bob],
    )
    const nobody = await cli(['aliases', 'test', 'nobody@example.org', ...home])
    assert.deepEqual([nobody.code, nobody.stdout], [1, 'refused: 550 5.1.1 no such user here\n'])
    assert.match((await cli(['aliases', 'list', ...home])).stdout, /^both@example\.org {2}alice@example\.org bob/)
    const all = await cli(['search', alice, 'hello', '--json', ...home])
    const wanted = await subjects(alice)
    assert.equal(JSON.parse(all.stdout).total, wanted.length)
    const [subject = ''] = wanted
    assert.match((await cli(['search', alice, `subject:"${subject}"`, ...home])).stdout, /^INBOX \d+ .*\n\d+ found in/m)
    assert.match((await cli(['audit', alice, ...home])).stdout, /mail-searched \(hello\) by /)
  })
})
