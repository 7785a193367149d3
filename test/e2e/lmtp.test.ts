import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { ACCOUNTS, type Demo, freePorts, removeHome, startDemo } from './demo'

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
})
