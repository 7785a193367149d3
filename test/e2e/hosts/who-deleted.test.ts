import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { eventually } from '../../eventually'
import { Wire } from '../../kit'
import { ACCOUNTS, cli, type Demo, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'

describe('who deleted my mail', function () {
  this.timeout(60_000)
  let demo: Demo
  before(async () => {
    demo = await startDemo(['--set', 'log.ini:main.level=debug'])
  })
  after(async () => {
    await demo?.stop()
    removeHome(demo)
  })

  const log = (): string => readFileSync(path.join(demo.home, 'haraka.log'), 'utf8')
  const logged = (pattern: RegExp): Promise<RegExpExecArray> =>
    eventually(String(pattern), () => pattern.exec(log()) ?? undefined)

  async function imap(...commands: string[]): Promise<Wire> {
    const wire = new Wire(demo.imap)
    await wire.until(/^\* OK.*\r\n/)
    for (const command of [`LOGIN ${alice} "${ACCOUNTS[alice]}"`, ...commands]) {
      wire.send(`a ${command}\r\n`)
      await wire.until(/^a OK.*\r\n/m)
    }
    return wire
  }
  const message = (subject: string): string => {
    const text = `Subject: ${subject}\r\n\r\nx`
    return `APPEND INBOX {${text.length}+}\r\n${text}`
  }

  it('each removal and move, by IMAP and POP3, is a line in the log and an entry of the account', async () => {
    const wire = await imap(
      'ID ("name" "Tester" "version" "1")',
      ...['a', 'b', 'c', 'd'].map(message),
      'CREATE Box',
      'SELECT INBOX',
      'FETCH 1:4 BODY.PEEK[]',
      'COPY 1:2 Box',
      'STORE 1 +FLAGS.SILENT (\\Deleted)',
      'EXPUNGE',
      'MOVE 1 Trash',
      'UNSELECT',
      'DELETE Box',
    )
    wire.send('z LOGOUT\r\n')
    await wire.until(/^z OK.*\r\n/m)
    const [line = ''] = await logged(/session: address=\S+ user="alice@example\.org" protocol=imap.*/)
    assert.match(
      line,
      /^session: address=127\.0\.0\.1 user="alice@example\.org" protocol=imap client="Tester 1" tls=no seconds=\d+\.\d in=\d+ out=\d+ appended=4 expunged=1 moved=1 copied=2 fetched=\d+ end="logout" connection=[0-9a-f]{8}$/,
    )
    assert.ok(Number(/fetched=(\d+)/.exec(line)?.[1]) > 4 * 15)
    const connection = /connection=(\w+)/.exec(line)?.[1] ?? ''
    for (const deed of [
      'mail expunged: account="alice@example.org" mailbox="INBOX" messages=1',
      'mail moved: account="alice@example.org" mailbox="INBOX" to="Trash" messages=1',
      'mail deleted: account="alice@example.org" mailbox="Box" messages=2',
    ])
      await logged(
        new RegExp(`${deed} address=127\\.0\\.0\\.1 protocol=imap client="Tester 1" connection=${connection}`),
      )
    await logged(new RegExp(`login: address=127.0.0.1 user="alice@example.org" .*connection=${connection}`))

    const pop3 = new Wire(demo.pop3)
    pop3.send(`USER ${alice}\r\nPASS ${ACCOUNTS[alice]}\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n`)
    await pop3.end()
    await logged(
      /mail expunged: account="alice@example.org" mailbox="INBOX" messages=1 address=127\.0\.0\.1 protocol=pop3/,
    )
    await logged(
      /session: .* protocol=pop3 client="" tls=no seconds=\S+ in=\d+ out=\d+ retr=1 dele=1 end="logout" conn/,
    )

    const { stdout } = await cli(['audit', 'Alice@example.org', '--home', demo.home])
    const lines = stdout.trim().split('\n')
    const texts = lines.map((text) => text.slice(21))
    assert.match(texts[0] ?? '', /^removed 1 message from INBOX from 127\.0\.0\.1 \(pop3, connection [0-9a-f]{8}\)$/)
    assert.match(texts[1] ?? '', /^login granted from 127\.0\.0\.1 \(pop3 PASSWORD\)$/i)
    assert.match(
      texts[2] ?? '',
      /^deleted the mailbox Box with 2 messages from 127\.0\.0\.1 \(imap, Tester 1, connection/,
    )
    assert.match(texts[3] ?? '', /^moved 1 message from INBOX to Trash from/)
    assert.match(texts[4] ?? '', /^removed 1 message from INBOX from 127\.0\.0\.1 \(imap, Tester 1, connection/)
    const { deeds } = JSON.parse((await cli(['audit', alice, '--deeds', '--json', '--home', demo.home])).stdout)
    assert.equal(deeds.length, 4)
    assert.match((await cli(['audit', 'bob@example.org', '--home', demo.home])).stdout, /nothing is known of bob/)
  })

  it('a session says how it ended', async () => {
    const gone = await imap('NOOP')
    gone.close()
    await logged(/session: .* protocol=imap client="" .* end="client" connection=/)
    const wrong = new Wire(demo.imap)
    for (let tries = 0; tries < 10; tries++) wrong.send('a LOGIN nobody@example.org wrong\r\n')
    await wrong.end()
    await logged(/session: address=127\.0\.0\.1 user="" protocol=imap .* end="Too many failed logins" connection=/)
    const lmtp = new Wire(demo.lmtp)
    lmtp.send(
      `LHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<${alice}>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n`,
    )
    await lmtp.end()
    await logged(
      /session: address=127\.0\.0\.1 user="" protocol=lmtp client="me" tls=no seconds=\S+ messages=1 stored=1 refused=0 octets=\d+ /,
    )
  })

  it('nothing in the log is an object that nobody has written out', () => {
    assert.match(log(), /hook=login .*params="imap PASSWORD"/)
    assert.doesNotMatch(log(), /\[object Object\]/)
  })
})
