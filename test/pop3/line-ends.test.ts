import assert from 'node:assert/strict'
import { NO_FLAGS } from '../../lib/terms/flags'
import { type Kit, startKit, Wire } from '../kit'
import { unstuffed } from './multiline'

const ANN = 'ann@example.org'

/** What a client reads that takes its lines by LF, as getmail, fetchmail and Python do: the end is the first line `.`. */
async function retrieved(wire: Wire, command: string): Promise<{ octets: number; wire: string; text: string }> {
  wire.send(`${command}\r\n`)
  const status = await wire.until(/^(?:\+OK|-ERR)[^\n]*\n/)
  assert.match(status, /^\+OK/)
  const response = await wire.until(/^(?:[\s\S]*?\n)?\.\r?\n/)
  return { octets: Number(/\d+/.exec(status)?.[0]), wire: response, text: unstuffed(response) }
}

describe('POP3: stored messages with bare line ends (RFC 1939 3 and 5)', function () {
  this.timeout(30_000)
  let kit: Kit
  before(async () => {
    kit = await startKit()
  })
  after(() => kit.close())

  const BIG = `Subject: big\r\n\r\n${'0123456789abcde\r'.repeat(4096)}${'.\n'.repeat(40_000)}${'\r\n.'.repeat(30_000)}end`
  const MESSAGES = [
    'Subject: one\r\n\r\nfirst\n.\n+OK 9 octets\nSubject: forged\n\nforged\n.\n',
    'Subject: two\r\n\r\nthe real second message\r\n',
    'Subject: three\r\n\r\nfirst\r.\r+OK\r..\r',
    'Subject: four\n\n.dot\n..\n...\n',
    'Subject: five\r\n\r\nno end',
    'Subject: six\r\n\r\n.\r\r\n.\n\r.\r\n',
    '.\n.\nSubject: seven\n\nx\n',
    BIG,
    '\n',
    'Subject: \u00fcber\n\nbody\n.\n',
  ]
  const canonical = (text: string): string => {
    const lines = text.replace(/\r\n|\r|\n/g, '\r\n')
    return lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`
  }

  it('go out with CRLF at the end of each line, dots doubled after each: nothing forges an answer, and all octets are told', async () => {
    const id = await kit.account(ANN)
    for (const text of MESSAGES) {
      const bytes = Buffer.from(text, 'utf8')
      const done = await kit.room.deliver({ account: id, bytes, flags: NO_FLAGS, internalDate: 1_700_000_000_000 })
      assert.ok(done.ok)
    }
    const wire = new Wire(kit.pop3)
    wire.send(`UTF8\r\nUSER ${ANN}\r\nPASS pass\r\n`)
    await wire.until(/messages\r\n/)
    const sizes = MESSAGES.map((text) => canonical(Buffer.from(text, 'utf8').toString('latin1')).length)
    // RFC 1939 11: the exact size, before anything was read.
    wire.send('LIST\r\nSTAT\r\n')
    const listed = sizes.map((size, at) => `${at + 1} ${size}\r\n`).join('')
    const sum = sizes.reduce((total, size) => total + size, 0)
    assert.equal(await wire.until(/\n\.\r\n\+OK[^\n]*\n/), `+OK\r\n${listed}.\r\n+OK ${sizes.length} ${sum}\r\n`)
    for (const [index, text] of MESSAGES.entries()) {
      const right = canonical(Buffer.from(text, 'utf8').toString('latin1'))
      const whole = await retrieved(wire, `RETR ${index + 1}`)
      assert.equal(whole.text, right)
      assert.equal(whole.octets, right.length)
      assert.doesNotMatch(whole.wire, /[^\r]\n|\r(?!\n)/)
      const [header = '', ...body] = right.split(/(?<=^|\r\n)\r\n/)
      for (const lines of [0, 1, 3, 1_000_000]) {
        const top = await retrieved(wire, `TOP ${index + 1} ${lines}`)
        const rest = right.slice(header.length + 2)
        const wanted = rest
          .split(/(?<=\r\n)/)
          .slice(0, lines)
          .join('')
        // A message that begins with its empty line, or has none, is header alone.
        if (body.length > 0) assert.equal(top.text, `${header}\r\n${wanted}`, `TOP ${index + 1} ${lines}`)
        assert.doesNotMatch(top.wire, /[^\r]\n|\r(?!\n)/)
      }
    }
    wire.send('NOOP\r\nQUIT\r\n')
    await wire.until(/^\+OK\r\n\+OK bye\r\n$/)
  })

  it('IMAP gives the same octets as they were stored', async () => {
    const wire = new Wire(kit.imap)
    wire.send(`a LOGIN ${ANN} pass\r\nb SELECT INBOX\r\nc UID FETCH 1:* BODY.PEEK[]\r\n`)
    const said = await wire.until(/^c OK.*\r\n/m)
    for (const text of MESSAGES) {
      const stored = Buffer.from(text, 'utf8').toString('latin1')
      assert.ok(said.includes(`{${stored.length}}\r\n${stored})\r\n`), JSON.stringify(stored.slice(0, 60)))
    }
    wire.close()
  })
})
