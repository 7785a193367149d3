import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
const pass = ACCOUNTS[alice]

describe('restore, beside a running server', function () {
  this.timeout(120_000)
  const work = mkdtempSync(path.join(tmpdir(), 'mailbox-restore-e2e-'))
  const backup = path.join(work, 'backup')
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--nodes', '0'])
    const transport = createTransport({ host: '127.0.0.1', port: demo.smtp, ignoreTLS: true })
    for (const subject of ['one', 'two', 'three'])
      await transport.sendMail({ from: 's@example.net', to: alice, subject, text: 'body' })
    transport.close()
    const made = await cli(['backup', backup, '--home', demo.home])
    assert.equal(made.code, 0, made.stderr)
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
    rmSync(work, { recursive: true, force: true })
  })

  const restore = (...more: string[]) => cli(['restore', backup, '--home', demo.home, '--account', alice, ...more])
  async function session(): Promise<ImapFlow> {
    const auth = { user: alice, pass }
    const options = {
      host: '127.0.0.1',
      port: demo.imap,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
    } as const
    const client = new ImapFlow(options)
    await client.connect()
    await client.mailboxOpen('INBOX')
    return client
  }

  it('a session in IDLE sees EXISTS, a second run adds nothing, and the audit trail says who did it', async () => {
    const client = await session()
    try {
      await client.messageDelete('2')
      const dry = await restore('--dry-run')
      assert.match(dry.stdout, /^INBOX: 3 found, 1 would be added/m)
      const exists = once(client, 'exists')
      const idling = client.idle()
      const first = await restore('--mailbox', 'INBOX', '--json')
      assert.equal(first.code, 0, first.stdout + first.stderr)
      const report = JSON.parse(first.stdout)
      assert.deepEqual([report.totals.found, report.totals.added, report.totals.there], [3, 1, 2])
      const [{ count }] = await exists
      assert.equal(count, 3)
      await client.noop()
      await idling
      const message = await client.fetchOne('3', { envelope: true, uid: true })
      assert.ok(message)
      assert.deepEqual([message.envelope?.subject, message.uid], ['two', 4])
      const second = await restore()
      assert.equal(second.code, 0, second.stdout)
      assert.match(second.stdout, /3 messages found, 0 added/)
      const trail = await cli(['lockouts', 'trail', alice, '--home', demo.home])
      assert.match(trail.stdout, /1 messages restored from \S+backup by/)
    } finally {
      await client.logout()
    }
  })

  it('who is in the mailbox by POP3 is not disturbed: the command says who it is, and exits with 1', async () => {
    const pop3 = new Wire(demo.pop3)
    await pop3.until(/\r\n/)
    pop3.send(`USER ${alice}\r\nPASS ${pass}\r\n`)
    await pop3.until(/\+OK.*\r\n\+OK.*\r\n/)
    const refused = await restore()
    assert.equal(refused.code, 1)
    assert.match(refused.stdout, /^refused: pop3 is in the mailbox of alice@example\.org since /m)
    pop3.send('QUIT\r\n')
    await pop3.end()
    assert.equal((await restore()).code, 0)
  })

  it('what makes no sense is said', async () => {
    const none = await restore('--message', '1')
    assert.equal(none.code, 1)
    assert.match(none.stderr, /say --mailbox too/)
    const nowhere = await cli(['restore', work, '--home', demo.home, '--account', alice])
    assert.equal(nowhere.code, 1)
    assert.match(nowhere.stderr, /is no backup/)
  })
})
