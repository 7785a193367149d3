import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { compileFunction } from 'node:vm'
import { createTransport } from 'nodemailer'
import { generate } from 'selfsigned'
import type { SMTPServer } from 'smtp-server'
import * as embed from '../../lib/embed'
import { setPassword } from '../../lib/login/passwords'

interface Running {
  mailboxes: Awaited<ReturnType<typeof embed.openMailboxes>>
  server: SMTPServer
}

/** Runs the program of docs/smtp-server.md as it is printed, with another home, another port and an ear for console.error. */
async function runPage(home: string, onError: (...parts: unknown[]) => void): Promise<Running> {
  const page = readFileSync(path.join(__dirname, '../../docs/smtp-server.md'), 'utf8')
  let code = /```js\n(.*?)```/s.exec(page)?.[1] ?? ''
  for (const [printed, ours] of [
    ["'/srv/mail'", JSON.stringify(home)],
    ['listen(25)', "listen(0, '127.0.0.1')"],
  ] as const) {
    assert.ok(code.includes(printed), `the page says ${printed}`)
    code = code.replace(printed, ours)
  }
  const load = (name: string): unknown => (name === 'haraka-plugin-mailbox' ? embed : require(name))
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
  const program = compileFunction(`return (async () => {${code}\nreturn { mailboxes, server } })()`, [
    'require',
    'console',
    'key',
    'cert',
  ])
  return program(load, { error: onError }, pems.private, pems.cert)
}

/** The example of docs/smtp-server.md, run from the page. */
describe('beside smtp-server, without Haraka', function () {
  this.timeout(30_000)
  let home: string
  let mailboxes: Running['mailboxes']
  let server: SMTPServer
  const failed: unknown[] = []

  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-embed-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/host_list'), 'example.org\n')
    writeFileSync(path.join(home, 'config/mailbox_aliases'), 'info@example.org user@example.org\n')
    const running = await runPage(home, (...parts) => failed.push(...parts))
    mailboxes = running.mailboxes
    server = running.server
    if (!server.server.listening) await once(server.server, 'listening')
    await mailboxes.store.accounts.create({ name: 'user@example.org', credentials: await setPassword('sesame') })
  })
  after(async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()))
    await mailboxes.close()
    rmSync(home, { recursive: true, force: true })
  })

  const port = (): number => (server.server.address() as AddressInfo).port // it listens on TCP
  const options = () => ({
    host: '127.0.0.1',
    port: port(),
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    name: 'localhost',
  })

  it('stores for users and aliases, refuses others', async () => {
    const transport = createTransport(options())
    const sent = await transport.sendMail({
      envelope: { from: 'a@example.net', to: ['user@example.org', 'nobody@example.org', 'info@example.org'] },
      raw: 'Subject: hello\r\n\r\nhello\r\n',
    })
    transport.close()
    assert.deepEqual(sent.accepted, ['user@example.org', 'info@example.org'])
    assert.match(sent.rejectedErrors?.[0]?.message ?? '', /550 5\.1\.1 no such user here/)
    const account = await mailboxes.store.accounts.find('user@example.org')
    assert.ok(account)
    assert.equal((await mailboxes.store.accounts.usage(account.id)).messages, 1)
    assert.deepEqual(failed, [])
  })

  it('writes what became of each recipient into the log of deliveries', async () => {
    const transport = createTransport(options())
    await transport.sendMail({
      envelope: { from: 'log@example.net', to: 'info@example.org' },
      raw: 'Subject: logged\r\nMessage-ID: <logged@example.net>\r\n\r\nhello\r\n',
    })
    transport.close()
    // Entries gather before they are written; one more write says that those before it are there.
    await mailboxes.deliveries.note([])
    const [entry, ...more] = await mailboxes.deliveries.list({ address: 'log@example.net', limit: 10 })
    assert.deepEqual(more, [])
    assert.deepEqual(
      { ...entry, at: 0 },
      {
        at: 0,
        sender: 'log@example.net',
        recipient: 'info@example.org',
        outcome: 'stored',
        reply: '250 2.0.0 stored',
        size: 60,
        messageId: '<logged@example.net>',
      },
    )
  })

  it('has the login door with its lockouts', async () => {
    const verify = (pass: string) => {
      const transport = createTransport({ ...options(), auth: { user: 'user@example.org', pass } })
      return transport.verify().then(
        () => 'in',
        (error: Error & { responseCode?: number }) => error.responseCode,
      )
    }
    assert.equal(await verify('sesame'), 'in')
    for (let i = 0; i < 6; i++) assert.equal(await verify(`wrong ${i}`), 535)
    assert.equal(await verify('sesame'), 535, 'a barred right password is refused too')
  })

  it('closes what it had opened when a part cannot be opened, and says why', async () => {
    const broken = mkdtempSync(path.join(tmpdir(), 'mailbox-embed-'))
    try {
      mkdirSync(path.join(broken, 'config'))
      // Mail, bus and locks can be opened, the aliases cannot be read.
      mkdirSync(path.join(broken, 'config/mailbox_aliases'))
      await assert.rejects(embed.openMailboxes({ home: broken }), /EISDIR/)
      rmSync(path.join(broken, 'config/mailbox_aliases'), { recursive: true })
      const again = await embed.openMailboxes({ home: broken })
      assert.equal(await again.delivery.rcpt('a@b.example'), undefined)
      await again.close()
    } finally {
      rmSync(broken, { recursive: true, force: true })
    }
  })

  it('outlives a client that breaks the TLS handshake', async () => {
    const heard = failed.length
    const socket = connect(port(), '127.0.0.1')
    socket.on('error', () => undefined) // how the connection ends is not the question
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await once(socket, 'data')
    socket.write('EHLO a\r\n')
    await once(socket, 'data')
    socket.write('STARTTLS\r\n')
    await once(socket, 'data')
    socket.write('this is no handshake\r\n')
    await closed
    assert.ok(failed.length > heard, 'the program was told')
    const transport = createTransport(options())
    assert.equal(await transport.verify(), true)
  })
})
