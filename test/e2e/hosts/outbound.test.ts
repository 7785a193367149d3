import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { cli, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'

interface Received {
  readonly sender: string
  readonly octets: Buffer
}

/** A server elsewhere. */
async function startSink(received: Received[]): Promise<{ sink: SMTPServer; port: number }> {
  const sink = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece) => pieces.push(piece))
      stream.on('end', () => {
        const { mailFrom } = session.envelope
        received.push({ sender: mailFrom === false ? '' : mailFrom.address, octets: Buffer.concat(pieces) })
        done()
        sink.emit('received')
      })
    },
  })
  sink.listen(0, '127.0.0.1')
  await once(sink.server, 'listening')
  const address = sink.server.address()
  return { sink, port: typeof address === 'object' && address ? address.port : 0 }
}

describe('the outbound queue', function () {
  this.timeout(90_000)
  const received: Received[] = []
  let demo: Demo
  let sink: SMTPServer
  let work: string

  before(async () => {
    const started = await startSink(received)
    sink = started.sink
    const to = (key: string, value: string | number): string[] => ['--set', `smtp_forward.ini:remote.${key}=${value}`]
    demo = await startDemo([
      ...['--nodes', '0', ...to('host', '127.0.0.1'), ...to('port', started.port)],
      ...['--set', 'smtp_forward.ini:main.host=127.0.0.1', '--set', `smtp_forward.ini:main.port=${started.port}`],
      ...['--set', 'outbound.ini:main.local_mx_ok=true', '--plugin', 'queue/smtp_forward'],
    ])
    work = mkdtempSync(path.join(tmpdir(), 'mailbox-outbound-'))
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
    rmSync(work, { recursive: true, force: true })
    await new Promise<void>((resolve) => sink.close(() => resolve()))
  })

  it('a redirected message leaves octet by octet, with dots at the start of lines; an answer has a null sender', async () => {
    const file = path.join(work, 'redirect.sieve')
    writeFileSync(file, 'require ["vacation", "copy"]; redirect :copy "someone@remote"; vacation "Gr\u00fc\u00dfe";')
    const done = await cli(['rules', 'put', alice, file, '--home', demo.home])
    assert.equal(done.code, 0, done.stderr)
    // Of a header Haraka itself keeps UTF-8 only, when it comes and when it goes.
    const body = Buffer.from(
      'latin1 \xe4\xf6\xfc, utf-8 \xc3\xa4, wrong \xff\xfe\r\n.\r\n..two\r\n.one\r\nend\r\n',
      'latin1',
    )
    const raw = Buffer.concat([
      Buffer.from(
        `From: other@remote\r\nTo: ${alice}\r\nSubject: \xc3\xa4\r\nMessage-ID: <o@remote>\r\n\r\n`,
        'latin1',
      ),
      body,
    ])
    const mail = createTransport({ host: '127.0.0.1', port: demo.smtp, tls: { rejectUnauthorized: false } })
    await mail.sendMail({ envelope: { from: 'other@remote', to: alice }, raw })
    mail.close()
    while (received.length < 2) await once(sink, 'received')
    const redirected = received.find(({ sender }) => sender === 'other@remote')
    const answer = received.find(({ sender }) => sender === '')
    assert.ok(redirected && answer)
    const { octets } = redirected
    assert.equal(octets.toString('latin1', octets.indexOf('\r\n\r\n') + 4), body.toString('latin1'))
    assert.ok(octets.includes(Buffer.from('\r\nSubject: \u00e4\r\n')))
    assert.doesNotMatch(octets.toString('latin1'), /^(?:Return-Path|Delivered-To):/im)
    assert.match(answer.octets.toString('latin1'), /^Auto-Submitted: auto-replied \(vacation\)\r$/m)
    assert.match(answer.octets.toString('latin1'), /^In-Reply-To: <o@remote>\r$/m)
  })

  it('an answer whose last line has no end arrives', async () => {
    const file = path.join(work, 'entity.sieve')
    writeFileSync(file, 'require "vacation"; vacation :handle "entity" :mime "Content-Type: text/html\n\n<p>away</p>";')
    const done = await cli(['rules', 'put', alice, file, '--home', demo.home])
    assert.equal(done.code, 0, done.stderr)
    received.length = 0
    const mail = createTransport({ host: '127.0.0.1', port: demo.smtp, tls: { rejectUnauthorized: false } })
    await mail.sendMail({ from: 'third@remote', to: alice, subject: 'when', text: 'x' })
    mail.close()
    while (received.length < 1) await once(sink, 'received')
    assert.match(received[0]?.octets.toString('latin1') ?? '', /^Content-Type: text\/html\r\n\r\n<p>away<\/p>\r\n$/m)
  })
})
