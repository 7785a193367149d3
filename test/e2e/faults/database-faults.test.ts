import assert from 'node:assert/strict'
import { Wire } from '../../kit'
import { openTestStore, type PrivateServer, serverOrSkip } from '../../postgres'
import { ACCOUNTS, type Demo, freePorts, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
const bob = 'bob@example.org'

async function open(port: number): Promise<Wire> {
  const wire = new Wire(port)
  await wire.until(/^.*\r\n/)
  return wire
}

async function imap(wire: Wire, tag: string, text: string): Promise<string> {
  wire.send(`${tag} ${text}\r\n`)
  return wire.until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
}

async function pop3(wire: Wire, text: string): Promise<string> {
  wire.send(`${text}\r\n`)
  return wire.until(/^(\+OK|-ERR).*\r\n/m)
}

async function smtp(wire: Wire, text: string): Promise<string> {
  wire.send(`${text}\r\n`)
  return wire.until(/^\d{3} .*\r\n/m)
}

/** Up to DATA. */
async function envelope(wire: Wire, to: string): Promise<string> {
  for (const line of ['HELO test.example.org', 'MAIL FROM:<x@example.com>']) await smtp(wire, line)
  return smtp(wire, `RCPT TO:<${to}>`)
}

const text = (subject: string): string => `From: x@example.com\r\nSubject: ${subject}\r\n\r\nbody\r\n.`

describe('PostgreSQL crashes while clients are in', function () {
  this.timeout(120_000)
  let server: PrivateServer | undefined
  let demo: Demo | undefined

  before(async function () {
    const [port = 0] = await freePorts(1)
    server = await serverOrSkip(port)
    if (!server) return this.skip()
    demo = await startDemo([
      '--store',
      'postgres',
      '--nodes',
      '0',
      '--set',
      `mailbox_store.ini:postgres.url=${server.url}`,
    ])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
    await server?.remove()
  })

  it('temporary errors on every protocol, then all goes on by itself; what was acknowledged is there once', async () => {
    assert.ok(demo && server)
    const sender = await open(demo.smtp)
    assert.match(await envelope(sender, alice), /^250 /m)
    await smtp(sender, 'DATA')
    assert.match(await smtp(sender, text('acknowledged')), /^250 /m)
    const reader = await open(demo.imap)
    await imap(reader, 'a', `LOGIN ${alice} "${ACCOUNTS[alice]}"`)
    assert.match(await imap(reader, 'b', 'SELECT INBOX'), /^\* 1 EXISTS/m)
    for (const to of [bob, bob]) {
      const wire = await open(demo.smtp)
      assert.match(await envelope(wire, to), /^250 /m)
      await smtp(wire, 'DATA')
      assert.match(await smtp(wire, text('for bob')), /^250 /m)
      wire.close()
    }
    const maildrop = await open(demo.pop3)
    await pop3(maildrop, `USER ${bob}`)
    assert.match(await pop3(maildrop, `PASS ${ACCOUNTS[bob]}`), /^\+OK/m)
    assert.match(await pop3(maildrop, 'DELE 1'), /^\+OK/m)
    // One sender has its recipient and its DATA accepted already.
    const late = await open(demo.smtp)
    await envelope(late, alice)
    await smtp(late, 'DATA')

    await server.crash()
    // Haraka has one code for a message that cannot be queued now, 450; a plugin's own is kept at RCPT.
    assert.match(await smtp(late, text('not acknowledged')), /^450 4\.3\.0 /m)
    const early = await open(demo.smtp)
    assert.match(await envelope(early, alice), /^451 4\.3\.0 /m)
    early.close()
    assert.match(await imap(reader, 'c', 'FETCH 1 BODY.PEEK[]'), /^c NO \[UNAVAILABLE\]/m)
    assert.match(await imap(reader, 'd', 'STORE 1 +FLAGS (\\Flagged)'), /^d NO \[UNAVAILABLE\]/m)
    assert.match(await imap(reader, 'e', 'STATUS INBOX (MESSAGES)'), /^e NO \[UNAVAILABLE\]/m)
    const newcomer = await open(demo.imap)
    assert.match(await imap(newcomer, 'a', `LOGIN ${alice} "${ACCOUNTS[alice]}"`), /^a NO \[UNAVAILABLE\]/m)
    assert.match(await pop3(maildrop, 'RETR 2'), /^-ERR \[SYS\/TEMP\]/m)
    const second = await open(demo.pop3)
    await pop3(second, `USER ${alice}`)
    assert.match(await pop3(second, `PASS ${ACCOUNTS[alice]}`), /^-ERR \[SYS\/TEMP\]/m)

    await server.start()
    assert.match(await smtp(late, 'RSET'), /^250 /m)
    await smtp(late, 'MAIL FROM:<x@example.com>')
    assert.match(await smtp(late, `RCPT TO:<${alice}>`), /^250 /m)
    await smtp(late, 'DATA')
    assert.match(await smtp(late, text('tried again')), /^250 /m)
    assert.match(await imap(reader, 'f', 'STORE 1 +FLAGS (\\Flagged)'), /^f OK/m)
    const all = await imap(reader, 'g', 'FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
    assert.deepEqual(
      [...all.matchAll(/Subject: (.*)\r\n/g)].map((match) => match[1]),
      ['acknowledged', 'tried again'],
    )
    assert.match(all, /^\* 1 FETCH .*\\Flagged/m)
    assert.match(await pop3(maildrop, 'RETR 2'), /^\+OK/m)
    await maildrop.until(/^\.\r\n/m)
    assert.match(await pop3(maildrop, 'QUIT'), /^\+OK/m)
    const store = await openTestStore(server)
    for (const [name, messages] of [
      [alice, 2],
      [bob, 1],
    ] as const) {
      const account = await store.accounts.find(name)
      assert.ok(account)
      assert.equal((await store.accounts.usage(account.id)).messages, messages)
      assert.deepEqual(await store.check(account.id), [])
    }
    await store.close()
    for (const wire of [sender, reader, late, newcomer, second, maildrop]) wire.close()
  })
})
