import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type Kit, kitOrSkip, Wire } from '../../kit'
import { DRIVERS } from '../../stores'

const MAIL: Readonly<Record<string, readonly string[]>> = {
  bounce: [
    'From: "Doe, \\"JJ\\" John" <jj@x.test>',
    'To: Anna <anna @ y . test>',
    'Cc: <user (comment)@ (comment) domain.test>',
    'Subject: =?ISO-2022-JP?B?GyRCOzNFRBsoQg==?=',
    ' =?ISO-2022-JP?B?GyRCQkBPOhsoQg==?=',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Description: plain words',
    '',
    'Failed.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Final-Recipient: rfc822; quokka@y.test',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: wombat',
    'From: carol@c.test',
    '',
    'inner words',
    '--b--',
    '',
  ],
  files: [
    'Subject: alpha',
    '\tbravo  charlie',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'x y  z',
    '--b',
    "Content-Type: application/pdf; name*0*=utf-8''r%C3%A9; name*1*=sum%C3%A9.pdf",
    'Content-Disposition: attachment; filename=numbat.pdf',
    '',
    'unseen',
    '--b',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('Subject: =?utf-8?q?d=C3=A4chs?=\r\n\r\nburrow\r\n').toString('base64'),
    '--b--',
    '',
  ],
  damaged: [
    'Subject: =?utf-8?Q?Gr=C3=BC=FF=C3=9Fe?=',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'K\u00f6ln \u00ff',
  ],
  bracket: ['Subject: [bracket', '', 'x'],
  under: ['Subject: _under', '', 'x'],
  zebra: ['\ufeffSubject: Zebra', '', 'x'],
}
const NAMES = Object.keys(MAIL)
/** One octet that is no UTF-8 where U+00FF stands. */
const octetsOf = (lines: readonly string[]): Buffer => {
  const text = Buffer.from(lines.join('\r\n')).toString('latin1')
  return Buffer.from(text.replaceAll('\xc3\xbf', '\xff'), 'latin1')
}

/** what is asked, and the messages that are found: without ENABLE, and with IMAP4rev2 where that differs */
const ROWS: readonly (readonly [string, string, string?])[] = [
  // RFC 9051 6.4.4: TEXT includes MIME header fields, types text and message are searched.
  ['TEXT numbat.pdf', 'files'],
  ['TEXT "résumé.pdf"', 'files'],
  ['TEXT wombat', 'bounce'],
  ['TEXT carol@c.test', 'bounce'],
  ['TEXT quokka', 'bounce'],
  ['TEXT "inner words"', 'bounce'],
  ['TEXT "plain words"', 'bounce'],
  ['TEXT DÄCHS', 'files'],
  ['TEXT burrow', 'files'],
  ['TEXT unseen', ''],
  // BODY: RFC 3501 counts the header of a part as the body, RFC 9051 does not.
  ['BODY numbat', 'files', ''],
  ['BODY wombat', 'bounce', ''],
  ['BODY quokka', 'bounce'],
  ['BODY "inner words"', 'bounce'],
  ['BODY bravo', ''],
  ['BODY "y  z"', 'files'],
  ['BODY "y z"', ''],
  // The envelope's fields: names and addresses, beside the field as it stands.
  ['FROM "Doe, \\"JJ\\" John"', 'bounce'],
  ['FROM "JJ"', 'bounce'],
  ['TO anna@y.test', 'bounce'],
  ['TO "anna @ y"', 'bounce'],
  ['CC user@domain.test', 'bounce'],
  ['CC comment', 'bounce'],
  ['HEADER Cc user@domain.test', ''],
  ['HEADER Cc "(comment)@"', 'bounce'],
  // RFC 5322 2.2.3: a fold is a blank, whatever it is made of.
  ['SUBJECT "alpha bravo charlie"', 'files'],
  ['SUBJECT "alpha  bravo\tcharlie"', 'files'],
  ['HEADER Subject "bravo charlie"', 'files'],
  ['TEXT "alpha bravo"', 'files'],
  // RFC 2047 6.2, RFC 1468; RFC 3629: the wrong octet alone is lost.
  ['SUBJECT 山田太郎', 'bounce'],
  ['SUBJECT grü', 'damaged'],
  ['SUBJECT SSE', ''],
  ['SUBJECT ßE', 'damaged'],
  ['BODY KÖLN', 'damaged'],
  ['SUBJECT zebra', 'zebra'],
]

for (const driver of DRIVERS) {
  describe(`SEARCH finds what people see, on ${driver}`, () => {
    let kit: Kit
    before(async function () {
      const made = await kitOrSkip(driver)
      if (made) kit = made
      else this.skip()
      const id = await kit.account('finder')
      assert.ok(id)
      const wire = new Wire(kit.imap)
      wire.send('a LOGIN finder pass\r\n')
      for (const name of NAMES) {
        const octets = octetsOf(MAIL[name] ?? [])
        wire.send(`b APPEND INBOX {${octets.length}+}\r\n`)
        wire.send(octets)
        wire.send('\r\n')
        await wire.until(/^b OK.*\r\n/m)
      }
      wire.close()
    })
    after(() => kit?.close())

    const found = (said: string): string => {
      const numbers =
        /^\* SEARCH ?([\d ]*)\r\n/m.exec(said)?.[1] ?? /^\* ESEARCH [^\r\n]*ALL ([\d:,]+)/m.exec(said)?.[1] ?? ''
      return numbers
        .split(/[ ,]/)
        .filter(Boolean)
        .map((number) => NAMES[Number(number) - 1] ?? number)
        .join(' ')
    }
    for (const enabled of ['', 'IMAP4rev2']) {
      it(`as ${enabled === '' ? 'RFC 3501' : 'RFC 9051'} says`, async () => {
        const wire = new Wire(kit.imap)
        wire.send(`a LOGIN finder pass\r\n${enabled && `e ENABLE ${enabled}\r\n`}b SELECT INBOX\r\n`)
        await wire.until(/^b OK.*\r\n/m)
        // Twice: the second time from what was remembered.
        for (let round = 1; round <= 2; round++) {
          for (const [asked, expected, rev2 = expected] of ROWS) {
            const text = Buffer.from(/^(.* )("?)(.*?)\2$/.exec(asked)?.[3] ?? '')
            const ascii = /^[\x00-\x7f]*$/.test(asked)
            const [key = ''] = /^(?:HEADER )?\w+ /.exec(asked) ?? []
            wire.send(ascii ? `c SEARCH ${asked}\r\n` : `c SEARCH CHARSET UTF-8 ${key}{${text.length}+}\r\n`)
            if (!ascii) {
              wire.send(text)
              wire.send('\r\n')
            }
            const said = await wire.until(/^c .*\r\n/m)
            assert.match(said, /^c OK/m, asked)
            assert.equal(found(said), enabled === '' ? expected : rev2, `${asked}, round ${round}`)
          }
        }
        wire.close()
      })
    }

    it('sorts by i;unicode-casemap, and says so (RFC 5255 4.3)', async () => {
      const wire = new Wire(kit.imap)
      wire.send('a LOGIN finder pass\r\nb SELECT INBOX\r\nc SORT (SUBJECT) UTF-8 4:6\r\nd CAPABILITY\r\n')
      const said = await wire.until(/^d OK.*\r\n/m)
      assert.match(said, /^\* SORT 6 4 5\r\n/m)
      assert.match(said, /^\* CAPABILITY .*\bI18NLEVEL=1\b/m)
      wire.close()
    })
    it('a byte order mark stays where it was', async () => {
      const wire = new Wire(kit.imap)
      wire.send('a LOGIN finder pass\r\nb SELECT INBOX\r\nc FETCH 6 (ENVELOPE BODY.PEEK[])\r\n')
      const said = await wire.until(/^c OK.*\r\n/m)
      assert.ok(said.includes('ENVELOPE (NIL "Zebra"') && said.includes('\r\n\xef\xbb\xbfSubject: Zebra\r\n'), said)
      wire.close()
    })
  })
}
