import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { ACCOUNTS, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'

/** One SMTP transaction by hand; the last answers of each step. */
async function smtp(demo: Demo, commands: readonly string[]): Promise<string[]> {
  const socket = connect(demo.smtp, '127.0.0.1')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => {
    for (;;) {
      const { value } = await lines.next()
      if (value === undefined) return 'closed'
      if (/^\d{3} /.test(value)) return value
    }
  }
  const answers = [await answer()]
  for (const command of commands) {
    socket.write(`${command}\r\n`)
    answers.push(await answer())
  }
  socket.destroy()
  return answers
}

const imapOf = (demo: Demo): ImapFlow =>
  new ImapFlow({
    host: '127.0.0.1',
    port: demo.imap,
    secure: false,
    doSTARTTLS: false,
    auth: { user: alice, pass: ACCOUNTS[alice] },
    logger: false,
  })

describe('delivery', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo([
      '--nodes',
      '1',
      '--set',
      'connection.ini:max.bytes=200000000',
      '--set',
      'mailbox_store.ini:limits.message_size=45M',
    ])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  /** Sends raw octets and gives back what IMAP has of them. */
  async function throughAndBack(raw: string): Promise<{ source: string; structure: unknown }> {
    const transport = createTransport({ host: '127.0.0.1', port: demo.smtp, ignoreTLS: true, name: 'localhost' })
    await transport.sendMail({ envelope: { from: 'a@example.net', to: [alice] }, raw: Buffer.from(raw, 'latin1') })
    transport.close()
    const client = imapOf(demo)
    await client.connect()
    const { exists } = await client.mailboxOpen('INBOX')
    const message = await client.fetchOne(String(exists), {
      source: true,
      bodyStructure: true,
      envelope: true,
      size: true,
    })
    await client.logout()
    assert.ok(message)
    assert.equal(message.size, message.source?.length)
    return { source: message.source?.toString('latin1') ?? '', structure: message.bodyStructure }
  }

  const nested = (depth: number): string =>
    depth === 0
      ? 'Content-Type: text/plain\r\n\r\nleaf\r\n'
      : `Content-Type: multipart/mixed; boundary="b${depth}"\r\n\r\n--b${depth}\r\n${nested(depth - 1)}--b${depth}--\r\n`
  const parts = (count: number): string =>
    `Content-Type: multipart/mixed; boundary=x\r\n\r\n${Array.from({ length: count }, (_nothing, index) => `--x\r\n\r\npart ${index}\r\n`).join('')}--x--\r\n`
  const kinds: readonly (readonly [string, string, string])[] = [
    ['an empty body', 'Subject: empty\r\n\r\n', 'Subject: empty\r\n'],
    ['no body at all', 'Subject: none\r\n', 'Subject: none\r\n'],
    ['dots', 'Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n', '\r\n\r\n.\r\n..\r\n.x\r\n'],
    ['8-bit headers', 'Subject: caf\xc3\xa9\r\nFrom: J\xf6rg <j@x.y>\r\n\r\nx\r\n', 'caf\xc3\xa9'],
    [
      'encoded words and RFC 2231',
      "Subject: =?utf-8?q?caf=C3=A9?=\r\nContent-Type: text/plain; name*0*=utf-8''%e2%82; name*1*=%ac\r\n\r\nx\r\n",
      'name*0*',
    ],
    ['multiparts in multiparts', nested(30), 'leaf'],
    ['1000 parts', parts(1000), 'part 999'],
    ['2000 header lines', `${'X-Line: a\r\n'.repeat(2000)}X-Last: yes\r\n\r\nx\r\n`, 'X-Last: yes'],
    ['a line of 200 kB', `Subject: long\r\n\r\n${'y'.repeat(200_000)}\r\n`, 'y'.repeat(200_000)],
    ['a broken multipart', 'Content-Type: multipart/mixed; boundary=never\r\n\r\nnothing here\r\n', 'nothing here'],
    [
      'a message in a message',
      'Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n',
      'inner body',
    ],
  ]
  for (const [title, raw, expected] of kinds) {
    it(`keeps ${title} as it came`, async () => {
      const { source, structure } = await throughAndBack(raw)
      assert.ok(source.includes(expected), source.slice(0, 500))
      assert.ok(structure)
    })
  }

  it('keeps a NUL, which is 0x80 in a literal (RFC 9051 9), and says nothing about it in the structure', async () => {
    const { source } = await throughAndBack('Subject: n\0ul\r\n\r\nbo\0dy\r\n')
    assert.match(source, /bo\x80dy/)
  })

  it('carries an attachment of 25 MB', async () => {
    const line = `${'QUJD'.repeat(19)}\r\n`
    const body = line.repeat(Math.ceil((25 * 1024 * 1024 * 4) / 3 / line.length))
    const head = 'Subject: big\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    const { source } = await throughAndBack(head + body)
    assert.equal(source.endsWith(body), true)
  })

  it('refuses what is over the limit: 552 at MAIL with SIZE=, and after DATA', async () => {
    const [, , mail] = await smtp(demo, ['EHLO x', 'MAIL FROM:<a@example.net> SIZE=70000000'])
    assert.match(mail ?? '', /^552 /)
    const data = `Subject: x\r\n\r\n${`${'z'.repeat(70)}\r\n`.repeat(700_000)}.`
    const answers = await smtp(demo, ['EHLO x', 'MAIL FROM:<a@example.net>', `RCPT TO:<${alice}>`, 'DATA', data])
    assert.match(answers.at(-1) ?? '', /^552 /)
  })

  it('a bounce (null sender) is delivered, an unknown user is refused, nothing remote is relayed', async () => {
    const bounce = await smtp(demo, [
      'EHLO x',
      'MAIL FROM:<>',
      `RCPT TO:<${alice}>`,
      'DATA',
      'Subject: bounce\r\n\r\nx\r\n.',
    ])
    assert.match(bounce.at(-1) ?? '', /^250 stored for 1/)
    const refused = await smtp(demo, [
      'EHLO x',
      'MAIL FROM:<a@example.net>',
      'RCPT TO:<nobody@example.org>',
      'RCPT TO:<someone@elsewhere.invalid>',
    ])
    assert.match(refused[3] ?? '', /^550 5\.1\.1 /)
    assert.match(refused[4] ?? '', /^550 /)
  })

  it('an account over its quota is refused at RCPT', async () => {
    const full = await startDemo(['--nodes', '0', '--set', 'mailbox_store.ini:quota.messages=1'])
    try {
      const rcpt = ['EHLO x', 'MAIL FROM:<a@example.net>', `RCPT TO:<${alice}>`]
      const first = await smtp(full, [...rcpt, 'DATA', 'Subject: 1\r\n\r\nx\r\n.'])
      assert.match(first.at(-1) ?? '', /^250 /)
      assert.match((await smtp(full, rcpt)).at(-1) ?? '', /^450 4\.2\.2 |^452 4\.2\.2 /)
    } finally {
      await full.stop()
      removeHome(full)
    }
  })
})

describe('mail of an authenticated user', function () {
  this.timeout(60_000)

  it('to a local and a remote recipient at once: one copy each, no more', async () => {
    const { SMTPServer } = await import('smtp-server')
    const received: { rcpt: string[]; text: string }[] = []
    const sink = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          received.push({
            rcpt: session.envelope.rcptTo.map((to) => to.address),
            text: Buffer.concat(chunks).toString(),
          })
          done()
          sink.emit('received')
        })
      },
    })
    sink.listen(0, '127.0.0.1')
    await once(sink.server, 'listening')
    const address = sink.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const demo = await startDemo([
      ...[
        '--nodes',
        '0',
        '--set',
        `smtp_forward.ini:main.host=127.0.0.1`,
        '--set',
        `smtp_forward.ini:main.port=${port}`,
      ],
      ...['--set', 'smtp_forward.ini:main.enable_outbound=true', '--plugin', 'queue/smtp_forward'],
    ])
    try {
      const arrived = once(sink, 'received')
      const transport = createTransport({
        host: '127.0.0.1',
        port: demo.submission,
        auth: { user: alice, pass: ACCOUNTS[alice] },
        tls: { rejectUnauthorized: false },
        name: 'localhost',
      })
      await transport.sendMail({
        from: alice,
        to: ['bob@example.org', 'someone@remote.example'],
        subject: 'both',
        text: 'x',
      })
      transport.close()
      await arrived
      assert.deepEqual(
        received.map(({ rcpt }) => rcpt),
        [['someone@remote.example']],
      )
      assert.doesNotMatch(received[0]?.text ?? '', /Delivered-To/)
      const bob = new ImapFlow({
        host: '127.0.0.1',
        port: demo.imap,
        secure: false,
        doSTARTTLS: false,
        auth: { user: 'bob@example.org', pass: ACCOUNTS['bob@example.org'] },
        logger: false,
      })
      await bob.connect()
      assert.equal((await bob.mailboxOpen('INBOX')).exists, 1)
      await bob.logout()
    } finally {
      await demo.stop()
      removeHome(demo)
      await new Promise<void>((resolve) => sink.close(() => resolve()))
    }
  })
})
