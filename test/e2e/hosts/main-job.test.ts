import assert from 'node:assert/strict'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { ACCOUNTS, type Demo, removeHome, run, startDemo } from '../demo'

const [[alice, alicePassword], [bob, bobPassword]] = Object.entries(ACCOUNTS) as [[string, string], [string, string]] // two literals

async function send(demo: Demo, to: string | string[], subject: string, text = 'Hello\n'): Promise<string> {
  const transport = createTransport({ host: '127.0.0.1', port: demo.smtp, ignoreTLS: true, name: 'localhost' })
  try {
    return (await transport.sendMail({ from: 'sender@example.net', to, subject, text })).response
  } finally {
    transport.close()
  }
}

const imapOf = (demo: Demo, user = alice, pass = alicePassword): ImapFlow =>
  new ImapFlow({
    host: '127.0.0.1',
    port: demo.imap,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    logger: false,
  })

const curl = (demo: Demo, url: string, ...more: string[]): ReturnType<typeof run> =>
  run('curl', [
    '-s',
    '-S',
    '--user',
    `${alice}:${alicePassword}`,
    ...more,
    url.replace('POP3', `127.0.0.1:${demo.pop3}`).replace('IMAP', `127.0.0.1:${demo.imap}`),
  ])

for (const nodes of ['0', '1', '4']) {
  describe(`the main job with nodes = ${nodes}`, function () {
    this.timeout(60_000)
    let demo: Demo
    before(async () => {
      demo = await startDemo(['--nodes', nodes, '--set', 'mailbox_locks.ini:wait.pop3=300ms'])
    })
    after(async () => {
      assert.equal(await demo?.stop(), 0)
      removeHome(demo)
    })

    it('takes a message in by SMTP and gives it out by POP3 and IMAP', async () => {
      assert.match(await send(demo, alice, 'first'), /^250 /)
      const byPop = await curl(demo, 'pop3://POP3/1')
      assert.match(byPop.stdout, /Subject: first/)
      assert.match(byPop.stdout, /^Return-Path: <sender@example.net>\r\nDelivered-To: alice@example.org\r\n/)
      const byImap = await curl(demo, 'imap://IMAP/INBOX;MAILINDEX=1')
      assert.equal(byImap.stdout, byPop.stdout)
    })

    it('refuses unknown recipients with 550 5.1.1', async () => {
      await assert.rejects(send(demo, 'nobody@example.org', 'x'), /550.*5\.1\.1/)
    })

    it('delivers one message to two accounts', async () => {
      await send(demo, [alice, bob], 'for two')
      for (const [user, pass] of Object.entries(ACCOUNTS)) {
        const client = imapOf(demo, user, pass)
        await client.connect()
        await client.mailboxOpen('INBOX')
        const found = await client.search({ header: { subject: 'for two' } })
        assert.equal(Array.isArray(found) ? found.length : found, 1)
        await client.logout()
      }
    })

    it('locks IMAP out while POP3 is in, and POP3 while IMAP is in', async () => {
      const client = imapOf(demo)
      await client.connect()
      await client.mailboxOpen('INBOX')
      const refused = await curl(demo, 'pop3://POP3/', '--verbose')
      assert.match(refused.stderr, /-ERR \[IN-USE\] Mailbox Locked/)
      await client.logout()
      assert.equal((await curl(demo, 'pop3://POP3/')).code, 0)
    })

    it('tells an idling IMAP client of a new message', async () => {
      const client = imapOf(demo, bob, bobPassword)
      await client.connect()
      const { exists } = await client.mailboxOpen('INBOX')
      const news = new Promise<number>((resolve) => client.once('exists', (event) => resolve(event.count)))
      void client.idle()
      await send(demo, bob, 'news')
      assert.equal(await news, exists + 1)
      await client.logout()
    })

    it('answers a wrong password with nothing but invalid credentials', async () => {
      const wrong = await run('curl', ['-s', '-v', '--user', `${alice}:nope`, `pop3://127.0.0.1:${demo.pop3}/`])
      assert.match(wrong.stderr, /-ERR \[AUTH\] Authentication failed\./)
      const unknown = await run('curl', ['-s', '-v', '--user', 'x@y.z:nope', `imap://127.0.0.1:${demo.imap}/`])
      assert.match(unknown.stderr, /NO \[AUTHENTICATIONFAILED\] Authentication failed\./)
    })
  })
}
