import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { eventually } from '../../eventually'
import { cli, type Demo, freePorts, removeHome, run, startDemo } from '../demo'
import { boxOf, hasPostfix, type Postfix, startPostfix } from './postfix'

const PASSWORDS = {
  'alice@example.org': 'wonder land',
  'bob@example.org': 'build3r',
  'full@example.org': 'no room',
  'full@strict.example': 'no room',
  'jürgen@example.org': 'grün',
} as const
type User = keyof typeof PASSWORDS

interface Sent {
  readonly accepted: readonly string[]
  /** reply by address */
  readonly refused: Readonly<Record<string, string>>
}

/** Postfix takes its time: what it deferred is sent again after seconds. */
const later = <T>(look: () => Promise<T | undefined>) =>
  eventually('what Postfix was to do', look, { within: 80_000, every: 200 })

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

/** What stands in the box, with the test's own values in place of the printed ones. */
function box(file: string, replaced: readonly (readonly [printed: string, ours: string])[] = []): string {
  return replaced.reduce((text, [printed, ours]) => {
    assert.ok(text.includes(printed), `the page says ${printed}`)
    return text.replace(printed, ours)
  }, boxOf(file))
}

/** docs/behind-postfix.md, run from the page: a real Postfix in front, our LMTP behind it. */
describe('behind Postfix', function () {
  this.timeout(90_000)
  let postfix: Postfix | undefined
  let demo: Demo | undefined
  let sink: SMTPServer
  let home: string
  let socket: string
  /** Postfix for strangers, Postfix for its own networks, our LMTP */
  let outside = 0
  let inside = 0
  let lmtp = 0
  /** what reached the world, with its recipients */
  const world: { readonly to: readonly string[]; readonly text: string }[] = []

  const startHaraka = async (): Promise<Demo> => {
    const accounts = Object.entries(PASSWORDS).flatMap(([name, password]) => ['--account', `${name}:${password}`])
    const listen = box('config/mailbox_lmtp.ini', [['127.0.0.1:24', `127.0.0.1:${lmtp} ${socket}`]])
    return startDemo(
      [
        ...['--nodes', '2', '--lmtp', String(lmtp), '--plugin', 'relay', ...accounts],
        ...['--set', `mailbox_lmtp.ini:main.listen=${/^listen = (.*)$/m.exec(listen)?.[1]}`],
      ],
      home,
    )
  }

  before(async function () {
    if (!hasPostfix()) {
      console.log('      no Postfix on this machine, or not root: skipped')
      return this.skip()
    }
    ;[outside = 0, inside = 0, lmtp = 0] = await freePorts(3)
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-behind-'))
    chmodSync(home, 0o755)
    socket = path.join(home, 'run/lmtp')
    mkdirSync(path.join(home, 'config'))
    const [install = ''] = box('postconf -e virtual_transport', [
      ['-o haraka', '-o root'],
      ['/run/haraka', path.dirname(socket)],
    ]).split('\n')
    assert.equal((await run('sh', ['-c', install])).code, 0)
    const put = (name: string, text: string): void => writeFileSync(path.join(home, 'config', name), text)
    put(
      'mailbox_aliases',
      '@localhost @example.org\nboth@example.org alice@example.org bob@example.org\naway@example.org friend@other.example\n',
    )
    put('mailbox_deliver.ini', `${box('config/mailbox_deliver.ini')}[domain strict.example]\nfull = permanent\n`)
    put('relay.ini', box('config/relay.ini'))
    put('relay_dest_domains.ini', box('config/relay_dest_domains.ini', [['127.0.0.1:25', `127.0.0.1:${inside}`]]))
    sink = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      onData(stream, { envelope }, done) {
        const pieces: Buffer[] = []
        stream.on('data', (piece: Buffer) => pieces.push(piece))
        stream.on('end', () => {
          world.push({
            to: envelope.rcptTo.map(({ address }) => address),
            text: Buffer.concat(pieces).toString('utf8'),
          })
          done()
        })
      },
    })
    sink.on('error', () => undefined)
    await once(sink.listen(0, '127.0.0.1'), 'listening')
    const { port } = sink.server.address() as AddressInfo // it listens on TCP
    const main = box('/etc/postfix/main.cf', [
      ['virtual_mailbox_domains = example.org', 'virtual_mailbox_domains = example.org strict.example'],
      ['127.0.0.1:24', `127.0.0.1:${lmtp}`],
      // Nobody waits a minute here for a refusal to be forgotten.
      ['address_verify_negative_refresh_time = 1m', 'address_verify_negative_refresh_time = 1s'],
      ['address_verify_negative_expire_time = 2m', 'address_verify_negative_expire_time = 2s'],
    ])
    // The world is one server here.
    const own = ['mynetworks = 127.0.0.0/8', `transport_maps = inline:{other.example=smtp:[127.0.0.1]:${port}}`]
    demo = await startHaraka()
    postfix = await startPostfix(
      `${main}\n${own.join('\n')}\n`,
      `${box('/etc/postfix/master.cf')}
127.0.0.1:${outside} inet n - n - - smtpd
  -o mynetworks=192.0.2.1
127.0.0.1:${inside} inet n - n - - smtpd
`,
    )
  })
  after(async () => {
    await postfix?.stop()
    await demo?.stop()
    removeHome(demo)
    sink?.close()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(postfix?.log().split('\n').slice(-40).join('\n'))
  })

  async function send(port: number, subject: string, to: readonly string[], body = 'hello'): Promise<Sent> {
    const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true, name: 'client.example' })
    try {
      const raw = `From: sender@other.example\r\nMessage-ID: <${subject}@other.example>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`
      const sent = await transport.sendMail({ envelope: { from: 'sender@other.example', to: [...to] }, raw })
      return { accepted: sent.accepted.map(String), refused: repliesOf(sent.rejectedErrors ?? []) }
    } catch (error) {
      const { rejectedErrors = [error] } = error as { rejectedErrors?: readonly unknown[] } // nodemailer's
      return { accepted: [], refused: repliesOf(rejectedErrors) }
    } finally {
      transport.close()
    }
  }
  const repliesOf = (errors: readonly unknown[]): Record<string, string> =>
    Object.fromEntries(
      errors.map((error) => {
        const { recipient = '', response = String(error) } = error as { recipient?: string; response?: string }
        return [recipient, response]
      }),
    )

  /** Subjects in INBOX, in their order. */
  async function subjects(user: User): Promise<string[]> {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: demo?.imap ?? 0,
      secure: false,
      doSTARTTLS: false,
      auth: { user, pass: PASSWORDS[user] },
      logger: false,
    })
    await client.connect()
    const found: string[] = []
    const { exists } = await client.mailboxOpen('INBOX')
    if (exists > 0)
      for await (const { envelope } of client.fetch('1:*', { envelope: true })) found.push(envelope?.subject ?? '')
    await client.logout()
    return found
  }
  const has = (user: User, subject: string): Promise<string[]> =>
    later(async () => {
      const found = await subjects(user)
      return found.includes(subject) ? found : undefined
    })

  /** Recipients that Postfix still has mail for, with its reason. */
  async function waiting(): Promise<readonly { readonly address: string; readonly delay_reason?: string }[]> {
    const done = await postfix?.run('postqueue', ['-j'])
    return (done?.stdout ?? '')
      .split('\n')
      .filter(Boolean)
      .flatMap((line) => JSON.parse(line).recipients)
  }
  const flushed = (done: (left: Awaited<ReturnType<typeof waiting>>) => boolean) =>
    later(async () => {
      const left = await waiting()
      if (done(left)) return left
      await postfix?.run('postqueue', ['-f'])
      return undefined
    })
  const accounts = async (...args: string[]): Promise<void> => {
    const done = await cli(['accounts', ...args, '--home', home], 'a password\n')
    assert.equal(done.code, 0, done.stderr)
  }

  it('the page names the lines that run here', () => {
    const lines = box('config/plugins')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
    const active = readFileSync(path.join(home, 'config/plugins'), 'utf8').split('\n')
    assert.deepEqual(
      lines.filter((line) => !active.includes(line)),
      [],
    )
  })

  it('unknown users are refused at RCPT, known ones and aliases are taken; a new account soon after', async () => {
    const { accepted, refused } = await send(outside, 'first', [
      'alice@example.org',
      'nobody@example.org',
      'both@example.org',
    ])
    assert.deepEqual(accepted, ['alice@example.org', 'both@example.org'])
    assert.match(refused['nobody@example.org'] ?? '', /^550 5\.1\.1 .*nobody@example\.org/s)
    assert.deepEqual(await has('alice@example.org', 'first'), ['first'])
    assert.deepEqual(await has('bob@example.org', 'first'), ['first'])
    assert.match(
      (await send(outside, 'relayed', ['friend@other.example'])).refused['friend@other.example'] ?? '',
      /^554 5\.7\.1/,
    )
    assert.match((await send(outside, 'new', ['new@example.org'])).refused['new@example.org'] ?? '', /^550/)
    await accounts('add', 'new@example.org', '--password-stdin')
    await later(async () => (await send(outside, 'new', ['new@example.org'])).accepted[0])
  })

  /** The commands of Postfix in a box. */
  async function runBox(first: string, replaced: readonly (readonly [string, string])[]): Promise<void> {
    for (const command of box(first, replaced).trim().split('\n')) {
      const [program = '', ...args] = command.split(' ')
      if (program !== 'install') assert.equal((await postfix?.run(program, args))?.code, 0, command)
    }
  }

  it('by a Unix socket as well', async () => {
    await runBox('postconf -e virtual_transport', [['/run/haraka/lmtp', socket]])
    assert.deepEqual((await send(outside, 'unix', ['alice@example.org'])).accepted, ['alice@example.org'])
    await has('alice@example.org', 'unix')
    assert.match(postfix?.log() ?? '', new RegExp(`relay=\\S*\\[${socket}\\].*status=sent`))
    await by(lmtp)
  })

  /** Where Postfix hands its mail to from now on. */
  async function by(port: number): Promise<void> {
    await postfix?.run('postconf', ['-e', `virtual_transport=lmtp:inet:127.0.0.1:${port}`])
    await postfix?.run('postfix', ['reload'])
  }

  it('users of the machine itself', async () => {
    await runBox('postconf -e mailbox_transport', [['127.0.0.1:24', `127.0.0.1:${lmtp}`]])
    await send(inside, 'local', ['alice@localhost'])
    await has('alice@example.org', 'local')
  })

  it('a reply that is lost: the mail comes again, and is not stored twice', async () => {
    let lost = 0
    // Between Postfix and us: hands on what Postfix says, and hangs up at the first replies to a message.
    const between = createServer((front) => {
      const back = connect(lmtp, '127.0.0.1')
      let ended = false
      front.on('data', (octets) => {
        ended ||= octets.includes('\r\n.\r\n')
        back.write(octets)
      })
      back.on('data', (octets) => {
        if (!ended) return front.write(octets)
        lost++
        back.destroy()
        front.resetAndDestroy()
      })
      for (const [one, other] of [
        [front, back],
        [back, front],
      ] as const)
        one.on('error', () => undefined).on('close', () => other.destroy())
    })
    await once(between.listen(0, '127.0.0.1'), 'listening')
    try {
      await by((between.address() as AddressInfo).port) // it listens on TCP
      await send(inside, 'again', ['alice@example.org', 'bob@example.org'])
      const left = await later(async () => {
        const found = await waiting()
        return found.length === 2 && found.every(({ delay_reason }) => delay_reason !== undefined) ? found : undefined
      })
      assert.match(left[0]?.delay_reason ?? '', /lost connection/)
      assert.equal(lost, 1)
      await has('alice@example.org', 'again')
    } finally {
      between.close()
      await by(lmtp)
    }
    await flushed((left) => left.length === 0)
    for (const user of ['alice@example.org', 'bob@example.org'] as const)
      assert.equal((await subjects(user)).filter((subject) => subject === 'again').length, 1, user)
  })

  it('SMTPUTF8 goes through; what is too big is never taken, what is just small enough is', async () => {
    assert.deepEqual((await send(outside, 'umlaut', ['jürgen@example.org'])).accepted, ['jürgen@example.org'])
    await has('jürgen@example.org', 'umlaut')
    const limit = Number(/^message_size_limit = (\d+)$/m.exec(box('/etc/postfix/main.cf'))?.[1])
    const { refused } = await send(outside, 'huge', ['alice@example.org'], 'x'.repeat(limit))
    assert.match(Object.values(refused)[0] ?? '', /^552 5\.3\.4/)
    const line = `${'x'.repeat(70)}\r\n`
    const body = line.repeat(Math.floor((limit - 1000) / line.length))
    assert.deepEqual((await send(outside, 'big', ['alice@example.org'], body)).accepted, ['alice@example.org'])
    await has('alice@example.org', 'big')
  })

  it('a full mailbox: told at RCPT, kept in the queue or bounced by setting', async () => {
    for (const name of ['full@example.org', 'full@strict.example'] as const) {
      await send(inside, 'fills it', [name])
      await has(name, 'fills it')
      await accounts('set', name, '--quota-messages', '1')
    }
    const { refused } = await send(outside, 'no', ['full@example.org', 'full@strict.example'])
    assert.match(refused['full@example.org'] ?? '', /^450 4\.1\.1 .*452 4\.2\.2/s)
    assert.match(refused['full@strict.example'] ?? '', /^550 5\.1\.1 .*552 5\.2\.2/s)
    await send(inside, 'queued', ['full@example.org', 'full@strict.example'])
    const [kept] = await flushed((left) => left.length === 1 && left[0]?.delay_reason !== undefined)
    assert.match(kept?.delay_reason ?? '', /full@example\.org|452 4\.2\.2/)
    const bounce = await later(async () => world.find(({ text }) => text.includes('full@strict.example')))
    assert.deepEqual(bounce.to, ['sender@other.example'])
    assert.match(bounce.text, /552[ -]5\.2\.2/)
    await accounts('set', 'full@example.org', '--quota-messages', '0')
    await flushed((left) => left.length === 0)
    assert.deepEqual(await subjects('full@example.org'), ['fills it', 'queued'])
  })

  it('while we are down mail for known users waits in its queue, others are told to come again', async () => {
    await demo?.stop()
    const { accepted, refused } = await send(outside, 'waits', ['alice@example.org', 'carol@example.org'])
    assert.deepEqual(accepted, ['alice@example.org'])
    assert.match(refused['carol@example.org'] ?? '', /^450 4\.1\.1/)
    const [kept] = await later(async () => {
      const left = await waiting()
      return left[0]?.delay_reason === undefined ? undefined : left
    })
    assert.match(kept?.delay_reason ?? '', /Connection refused/)
    demo = await startHaraka()
    await flushed((left) => left.length === 0)
    assert.equal((await has('alice@example.org', 'waits')).filter((subject) => subject === 'waits').length, 1)
  })

  it('50 mails, workers killed in the middle: each recipient has its own answer, nothing is lost or doubled', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `many-${index}`)
    const all = ['alice@example.org', 'both@example.org', 'full@example.org', 'nobody@example.org']
    await accounts('set', 'full@example.org', '--quota-messages', '1')
    const from = postfix?.log().length ?? 0
    const told = (): string => postfix?.log().slice(from) ?? ''
    const sentLines = (): number => told().split('status=sent').length - 1
    const [haraka = 0] = childrenOf(demo?.pid ?? 0)
    const before = childrenOf(haraka)
    assert.equal(before.length, 2)
    const killed = (async () => {
      for (const [victim, after] of [
        [before[0], 10],
        [before[1], 40],
      ] as const) {
        await later(async () => (sentLines() >= after ? true : undefined))
        process.kill(victim ?? 0, 'SIGKILL')
      }
    })()
    for (const name of names) assert.deepEqual((await send(inside, name, all)).accepted, all)
    await killed
    // New workers have come; all is delivered but what the full mailbox must wait for.
    await later(async () => (childrenOf(haraka).length === 2 ? true : undefined))
    const left = await flushed((found) => found.every(({ address }) => address === 'full@example.org'))
    assert.equal(left.length, 50)
    const many = (found: readonly string[]): string[] => found.filter((subject) => subject.startsWith('many-')).sort()
    const expected = [...names].sort()
    assert.deepEqual(many(await subjects('alice@example.org')), expected)
    assert.deepEqual(many(await subjects('bob@example.org')), expected)
    const bounces = await later(async () => {
      const found = world.filter(({ text }) => /many-\d+@/.test(text))
      return found.length >= 50 ? found : undefined
    })
    assert.equal(bounces.length, 50)
    for (const { text } of bounces) assert.match(text, /<nobody@example\.org>[\s\S]*550[ -]5\.1\.1/)
    assert.deepEqual([...new Set(bounces.map(({ text }) => /<(many-\d+)@/.exec(text)?.[1]))].sort(), expected)
    await accounts('set', 'full@example.org', '--quota-messages', '0')
    await flushed((found) => found.length === 0)
    assert.deepEqual(many(await subjects('full@example.org')), expected)
  })

  it('submission: local mail is stored, all other goes to Postfix; so do aliases to elsewhere', async () => {
    const user = 'alice@example.org'
    const transport = createTransport({
      host: '127.0.0.1',
      port: demo?.submission ?? 0,
      ignoreTLS: true,
      name: 'client.example',
      auth: { user, pass: PASSWORDS[user] },
    })
    await transport.sendMail({
      from: user,
      to: ['bob@example.org', 'friend@other.example'],
      subject: 'from-alice',
      text: 'hi',
    })
    transport.close()
    await has('bob@example.org', 'from-alice')
    const out = await later(async () => world.find(({ text }) => text.includes('from-alice')))
    assert.deepEqual(out.to, ['friend@other.example'])
    assert.match(out.text, /^Received: from .*\r?\n\tby mx\.example\.net \(Postfix\)/m)
    await send(outside, 'through-alias', ['away@example.org'])
    const forwarded = await later(async () => world.find(({ text }) => text.includes('Subject: through-alias')))
    assert.deepEqual(forwarded.to, ['friend@other.example'])
  })
})
