import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { openMailboxes } from '../../lib/embed'
import { setPassword } from '../../lib/wiring'

/** The example of docs/smtp-server.md, run. */
describe('beside smtp-server, without Haraka', function () {
  this.timeout(30_000)
  let home: string
  let mailboxes: Awaited<ReturnType<typeof openMailboxes>>
  let server: SMTPServer
  const failed: string[] = []

  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-embed-'))
    mkdirSync(path.join(home, 'config'))
    writeFileSync(path.join(home, 'config/host_list'), 'example.org\n')
    writeFileSync(path.join(home, 'config/mailbox_aliases'), 'info@example.org user@example.org\n')
    mailboxes = await openMailboxes({ home, onFailed: (sender, lines) => failed.push(sender, ...lines) })
    server = new SMTPServer({ ...mailboxes.handlers, authOptional: true, allowInsecureAuth: true, logger: false })
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    await mailboxes.store.accounts.create({ name: 'user@example.org', credentials: await setPassword('sesame') })
  })
  after(async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()))
    await mailboxes.close()
    rmSync(home, { recursive: true, force: true })
  })

  const port = (): number => (server.server.address() as AddressInfo).port // it listens on TCP
  const options = () => ({ host: '127.0.0.1', port: port(), ignoreTLS: true, name: 'localhost' })

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
})
