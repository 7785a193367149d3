import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createInterface } from 'node:readline'
import { createDelivery } from '../../lib/delivery/delivery'
import { parseAliases } from '../../lib/delivery/recipients/aliases'
import { createLmtpServer } from '../../lib/lmtp/server'
import { lmtpSettings } from '../../lib/lmtp/settings'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { ok } from '../../lib/terms/fault'
import { accountId } from '../../lib/terms/names'
import { silentLog, systemClock } from '../../lib/terms/ports'
import { noTls } from '../../lib/transport/tls'
import { type Kit, startKit } from '../kit'

const LIMIT = 100_000

describe('LMTP', function () {
  this.timeout(20_000)
  let kit: Kit
  let server: ReturnType<typeof createLmtpServer>
  /** with a higher limit */
  let bigger: ReturnType<typeof createLmtpServer>
  const forwarded: { sender: string; recipients: readonly string[]; text: string }[] = []

  before(async () => {
    kit = await startKit()
    for (const name of ['a@example.org', 'b@example.org', 'full@example.org']) await kit.account(name)
    const full = await kit.store.accounts.find('full@example.org')
    await kit.store.accounts.update(accountId(full?.id ?? ''), () => ok({ quotaMessages: 1 }))
    await kit.deliver(accountId(full?.id ?? ''), 'Subject: one\n\n1\n')
    const aliases = parseAliases(['all@example.org a@example.org b@example.org', 'away@example.org c@example.net'])
    const delivery = createDelivery({
      store: kit.store,
      room: kit.room,
      settings: mailboxSettings({}),
      clock: systemClock,
      log: silentLog,
      aliases: () => aliases.table,
      isLocalDomain: (domain) => domain === 'example.org',
      settingsOf: () => ({ full: 'temporary', subaddress: '+', subaddressMailbox: 'existing' }),
      forward: async (sender, recipients, octets) => {
        forwarded.push({ sender, recipients, text: octets.toString('latin1') })
      },
    })
    const listen = async (maxSize: number) => {
      const one = createLmtpServer({
        delivery,
        settings: lmtpSettings({}),
        hostname: 'mx.example.org',
        maxSize,
        implicitTls: false,
        tls: noTls,
        log: silentLog,
      })
      one.listen(0, '127.0.0.1')
      await once(one.server, 'listening')
      return one
    }
    server = await listen(LIMIT)
    bigger = await listen(10_000_000)
  })
  after(async () => {
    for (const one of [server, bigger]) await new Promise<void>((resolve) => one.close(() => resolve()))
    await kit.close()
  })

  /** Sends all of it at once and ends; the replies line by line. */
  async function talk(text: string, whole = true, to = server): Promise<string[]> {
    const socket = connect((to.server.address() as AddressInfo).port, '127.0.0.1') // it listens on TCP
    const lines: string[] = []
    const closed = once(socket, 'close')
    createInterface({ input: socket }).on('line', (line) => lines.push(line))
    await once(socket, 'data')
    const octets = Buffer.from(`LHLO client.example.org\r\n${text}QUIT\r\n`, 'latin1')
    if (whole) socket.write(octets)
    else for (const octet of octets) if (!socket.write(Buffer.from([octet]))) await once(socket, 'drain')
    await closed
    return lines
  }
  const replies = (lines: readonly string[]): string[] =>
    lines.filter((line) => /^\d{3} /.test(line)).map((line) => line.slice(0, 9).trim())
  async function inbox(name: string): Promise<string[]> {
    const account = await kit.store.accounts.find(name)
    assert.ok(account)
    const mailbox = await kit.store.mailboxes.find(account.id, 'INBOX')
    assert.ok(mailbox)
    const { uids } = (await kit.store.messages.snapshot(account.id, mailbox.id)) ?? { uids: [] }
    const texts: string[] = []
    for await (const rows of kit.store.messages.rows(account.id, mailbox.id, [...uids].map(Number) as never)) {
      for (const { emailId, size } of rows)
        texts.push((await kit.store.messages.read(account.id, emailId, 0, size))?.toString('latin1') ?? '')
    }
    return texts
  }
  const mail = (to: readonly string[], body = 'Subject: hello\r\n\r\n..dot\r\n', options = ''): string =>
    `MAIL FROM:<s@example.net>${options}\r\n${to.map((one) => `RCPT TO:<${one}>\r\n`).join('')}DATA\r\n${body}.\r\n`

  it('RFC 2033 5: offers what it must, and what is built', async () => {
    const lines = await talk('')
    const offered = lines.filter((line) => line.startsWith('250')).map((line) => line.slice(4))
    for (const word of ['PIPELINING', 'ENHANCEDSTATUSCODES', '8BITMIME', 'SMTPUTF8', `SIZE ${LIMIT}`]) {
      assert.ok(offered.includes(word), `${word} in ${offered}`)
    }
    for (const word of ['AUTH', 'STARTTLS']) assert.ok(!offered.some((line) => line.startsWith(word)))
    assert.equal((await talk('HELO x\r\n'))[0], '220 mx.example.org LMTP ready')
  })

  for (const whole of [true, false]) {
    it(`RFC 2033 4.2: one reply for each recipient that was accepted, ${whole ? 'pipelined' : 'octet by octet'}`, async () => {
      const before = (await inbox('a@example.org')).length
      const lines = await talk(
        mail(['a@example.org', 'nobody@example.org', 'b@example.org', 'full@example.org']),
        whole,
      )
      const codes = ['250 2.1.0', '250 2.1.5', '550 5.1.1', '250 2.1.5', '452 4.2.2', '354 End d']
      assert.deepEqual(replies(lines).slice(2), [...codes, '250 2.0.0', '250 2.0.0', '221 2.0.0'])
      const texts = await inbox('a@example.org')
      assert.equal(texts.length, before + 1)
      const [last = ''] = texts.slice(-1)
      assert.match(
        last,
        /^Return-Path: <s@example\.net>\r\nDelivered-To: a@example\.org\r\nReceived: from client\.example\.org \(\[127\.0\.0\.1\]\)\r\n\tby mx\.example\.org with LMTP id [^\r]+;\r\n\t[^\r]+ \+0000\r\nSubject: hello\r\n\r\n\.dot\r\n$/,
      )
    })
  }

  it('two RCPT that lead to one account: two replies, one copy', async () => {
    const before = (await inbox('a@example.org')).length
    const lines = await talk(mail(['a@example.org', 'A@Example.ORG', 'all@example.org']))
    assert.deepEqual(replies(lines).slice(-4), ['250 2.0.0', '250 2.0.0', '250 2.0.0', '221 2.0.0'])
    assert.equal((await inbox('a@example.org')).length, before + 1)
    // RSET forgets the recipients.
    const reset = await talk(
      `MAIL FROM:<s@example.net>\r\nRCPT TO:<b@example.org>\r\nRSET\r\n${mail(['a@example.org'])}`,
    )
    assert.deepEqual(replies(reset).slice(-3), ['354 End d', '250 2.0.0', '221 2.0.0'])
  })

  it('RFC 1870: too big at MAIL, and after DATA for each recipient; nothing is stored', async () => {
    const before = (await inbox('a@example.org')).length
    assert.ok(replies(await talk(`MAIL FROM:<s@example.net> SIZE=${LIMIT + 1}\r\n`)).includes('552 5.3.4'))
    const body = `Subject: big\r\n\r\n${`${'x'.repeat(98)}\r\n`.repeat(LIMIT / 100)}`
    const lines = await talk(mail(['a@example.org', 'b@example.org'], body))
    assert.deepEqual(replies(lines).slice(-3), ['552 5.3.4', '552 5.3.4', '221 2.0.0'])
    assert.equal((await inbox('a@example.org')).length, before)
  })

  it('an alias that leads elsewhere is queued with its mark, and a loop is refused', async () => {
    assert.deepEqual(replies(await talk(mail(['away@example.org']))).slice(-2), ['250 2.0.0', '221 2.0.0'])
    const [last] = forwarded.slice(-1)
    assert.equal(last?.sender, 's@example.net')
    assert.deepEqual(last?.recipients, ['c@example.net'])
    assert.equal(last?.text, 'Delivered-To: away@example.org\r\nSubject: hello\r\n\r\n.dot\r\n')
    const again = await talk(mail(['away@example.org'], last?.text))
    assert.deepEqual(replies(again).slice(-2), ['554 5.4.6', '221 2.0.0'])
  })

  it('RFC 2033 4.2: a client that has sent all and closes its side (FIN) hears every reply, and the end', async () => {
    for (const to of [server, bigger]) {
      const port = (to.server.address() as AddressInfo).port // it listens on TCP
      const half = async (octets: string): Promise<string> => {
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
        socket.end(octets)
        const pieces: Buffer[] = []
        for await (const piece of socket) pieces.push(piece)
        return Buffer.concat(pieces).toString()
      }
      const before = (await inbox('a@example.org')).length
      const both = mail(['a@example.org', 'b@example.org'])
      const said = await half(`LHLO x\r\n${both}`)
      assert.match(said, /354 [^\r]+\r\n250 2\.0\.0[^\r]*\r\n250 2\.0\.0[^\r]*\r\n$/)
      assert.match(await half(`LHLO x\r\n${both}${both}QUIT\r\n`), /(?:250 2\.0\.0[^\r]*\r\n){2}221 2\.0\.0[^\r]*\r\n$/)
      assert.equal((await inbox('a@example.org')).length, before + 3)
      // A message without its end is no message, and the connection does not stay.
      assert.match(
        await half('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nDATA\r\nSubject: cut'),
        /354 [^\r]+\r\n$/,
      )
      assert.match(await half(''), /^220 [^\r]+\r\n$/)
      assert.equal((await inbox('a@example.org')).length, before + 3)
    }
  })

  it('RFC 5321 4.1.1.11: unknown parameters of MAIL and RCPT get 555, known ones do not', async () => {
    const to = 'RCPT TO:<a@example.org>'
    const from = 'MAIL FROM:<s@example.net>'
    const answer = async (line: string, before = ''): Promise<string> => {
      const lines = await talk(`${before}${line}\r\n`)
      return lines.at(-2)?.slice(0, 9) ?? ''
    }
    for (const bad of [
      'BOGUS=1',
      'BOGUS',
      'RET=FOO',
      'RET=FULL',
      'ENVID=x',
      'SIZE=1 BOGUS=1',
      'AUTH=<>',
      'REQUIRETLS',
      'BY=9;R',
    ])
      assert.equal(await answer(`${from} ${bad}`), '555 5.5.4', bad)
    for (const bad of ['BOGUS=2', 'NOTIFY=NEVER', 'ORCPT=rfc822;a', 'x-y', 'SIZE=1'])
      assert.equal(await answer(`${to} ${bad}`, `${from}\r\n`), '555 5.5.4', bad)
    for (const good of ['SIZE=1', 'BODY=8BITMIME', 'body=7bit smtputf8', 'SMTPUTF8'])
      assert.equal(await answer(`${from} ${good}`), '250 2.1.0', good)
    // What was refused began nothing.
    assert.equal(await answer(to, `${from} BOGUS=1\r\n`), '503 5.5.1')
    assert.equal(await answer(`${from} SIZE=x`), '501 5.5.4')
  })

  it('HTTP ends the connection at its first line, and nothing behind it is answered', async () => {
    for (const line of [
      'GET / HTTP/1.1',
      'POST /x HTTP/1.1',
      'PATCH / HTTP/1.1',
      'GET /',
      'PRI * HTTP/2.0',
      'NOOP / HTTP/1.1',
      'CONNECT x:24 HTTP/1.1',
    ]) {
      const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1') // it listens on TCP
      const lines: string[] = []
      createInterface({ input: socket }).on('line', (one) => lines.push(one))
      const closed = once(socket, 'close')
      socket.write(`${line}\r\nHost: x\r\n\r\nLHLO x\r\n${mail(['a@example.org'])}`)
      await closed
      assert.deepEqual(lines.slice(1), ['421 4.7.0 this is no web server'], line)
    }
  })

  it('RFC 5321 4.5.1: postmaster needs no domain', async () => {
    await kit.account('postmaster@mx.example.org')
    assert.deepEqual(replies(await talk(mail(['Postmaster']))).slice(-2), ['250 2.0.0', '221 2.0.0'])
  })

  it('large messages at once: all are stored; those that end in the middle give their places back', async () => {
    const large = `Subject: large\r\n\r\n${`${'y'.repeat(998)}\r\n`.repeat(1500)}`
    const before = (await inbox('b@example.org')).length
    const cut = Array.from({ length: 12 }, async () => {
      const socket = connect((bigger.server.address() as AddressInfo).port, '127.0.0.1') // it listens on TCP
      await once(socket, 'data')
      socket.write('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n')
      while (!String((await once(socket, 'data'))[0]).includes('354'));
      socket.write(large)
      return socket
    })
    const sockets = await Promise.all(cut)
    for (const socket of sockets) socket.destroy()
    const all = await Promise.all(Array.from({ length: 12 }, () => talk(mail(['b@example.org'], large), true, bigger)))
    assert.deepEqual(
      all.map((lines) => replies(lines).slice(-2)),
      Array(12).fill(['250 2.0.0', '221 2.0.0']),
    )
    assert.equal((await inbox('b@example.org')).length, before + 12)
  })

  it('a client that goes away within DATA leaves nothing', async () => {
    const before = (await inbox('b@example.org')).length
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1') // it listens on TCP
    await once(socket, 'data')
    socket.write('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: half\r\n')
    while (!String((await once(socket, 'data'))[0]).includes('354'));
    const gone = once(socket, 'close')
    socket.end()
    await gone
    assert.deepEqual(replies(await talk(mail(['b@example.org']))).slice(-2), ['250 2.0.0', '221 2.0.0'])
    assert.equal((await inbox('b@example.org')).length, before + 1)
  })
})
