import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { imapString } from '../../lib/mime/write/encode'
import { prepared, wire } from './message'

describe('ENVELOPE (RFC 9051 7.5.2)', () => {
  it('encodes the example of RFC 9051 8', () => {
    const message = prepared(
      'Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)',
      'From: Terry Gray <gray@cac.washington.edu>',
      'Subject: IMAP4rev2 WG mtg summary and minutes',
      'To: imap@cac.washington.edu',
      'cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>',
      'Message-Id: <B27397-0100000@cac.washington.edu>',
      'MIME-Version: 1.0',
      'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII',
      '',
      'body',
    )
    assert.equal(
      wire(message.envelope),
      '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.edu>")',
    )
    assert.equal(
      wire(message.bodyStructure),
      '("TEXT" "PLAIN" ("charset" "US-ASCII") NIL NIL "7bit" 4 1 NIL NIL NIL NIL)',
    )
    assert.equal(wire(message.body), '("TEXT" "PLAIN" ("charset" "US-ASCII") NIL NIL "7bit" 4 1)')
  })

  const NOTHING = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['no header at all', [''], NOTHING],
    ['an empty subject is an empty string', ['Subject:', '', ''], '(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    [
      'sender and reply-to of their own',
      ['From: a@b', 'Sender: c@d', 'Reply-To: e@f', '', ''],
      '(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) ((NIL NIL "e" "f")) NIL NIL NIL NIL NIL)',
    ],
    [
      'an empty Reply-To is the From',
      ['From: a@b', 'Reply-To: ', '', ''],
      '(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL)',
    ],
    [
      'a group',
      ['To: Friends: a@b, "C D" <c@d>;', '', ''],
      '(NIL NIL NIL NIL NIL ((NIL NIL "Friends" NIL)(NIL NIL "a" "b")("C D" NIL "c" "d")(NIL NIL NIL NIL)) NIL NIL NIL NIL)',
    ],
    [
      'encoded words and quotes as they stand',
      ['Subject: =?utf-8?q?a?= "b\\c"', '', ''],
      '(NIL "=?utf-8?q?a?= \\"b\\\\c\\"" NIL NIL NIL NIL NIL NIL NIL NIL)',
    ],
    [
      '8-bit as a literal',
      ['Subject: caf\xc3\xa9', '', ''],
      '(NIL {5}\r\ncaf\xc3\xa9 NIL NIL NIL NIL NIL NIL NIL NIL)',
    ],
    [
      'a bracket that begins no domain',
      ['From: [x <a@b.c>, [y] z <d@[10.0.0.1]>', '', ''],
      ((from) => `(NIL NIL ${from} ${from} ${from} NIL NIL NIL NIL NIL)`)(
        '(("[x" NIL "a" "b.c")("[y] z" NIL "d" "[10.0.0.1]"))',
      ),
    ],
    ['NUL is never sent', ['Subject: a\0b', '', ''], '(NIL "ab" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['a bare CR as a literal', ['Subject: a\rb', '', ''], '(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['a folded subject', ['Subject: a', '\tb', '', ''], '(NIL "a\tb" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ]
  for (const [name, text, expected] of rows) {
    it(name, () => assert.equal(wire(prepared(...text).envelope), expected))
  }

  it('holds thousands of recipients', () => {
    const { envelope } = prepared(`To: ${'a@b, '.repeat(5000)}`, '', '')
    assert.equal(wire(envelope).split('(NIL NIL "a" "b")').length - 1, 5000)
  })

  it('sends long values as literals', () => {
    assert.equal(imapString('x'.repeat(2000)).slice(0, 8), '{2000}\r\n')
  })
})

describe('BODYSTRUCTURE (RFC 9051 7.5.2)', () => {
  it('reads comments and quotes as the field has them (RFC 2045 5.1, 6.1)', () => {
    const message = prepared(
      'Content-Type: application/x',
      'Content-Transfer-Encoding: (a) BASE64 (b)',
      'Content-Disposition: "attachment" (c;d) ; filename=f',
      'Content-Language: en (English), (German) de',
      '',
      'eA==',
    )
    assert.equal(
      wire(message.bodyStructure),
      '("application" "x" NIL NIL NIL "base64" 4 NIL ("attachment" ("filename" "f")) ("en" "de") NIL)',
    )
    assert.equal(message.structure.disposition?.type, 'attachment')
  })
  for (const [type, told] of [
    ['text/plain', '("charset" "us-ascii")'],
    ['text/plain; format=flowed', '("format" "flowed" "charset" "us-ascii")'],
    ["text/plain; charset*=us-ascii''utf-8", '("charset*" "us-ascii\'\'utf-8")'],
    ['text/html', 'NIL'],
    ['a/b', 'NIL'],
  ] as const) {
    it(`${type}: the charset is told by one rule (RFC 2046 4.1.2)`, () => {
      const [, media, subtype] = /^(\w+)\/(\w+)/.exec(type) ?? []
      const whole = wire(prepared(`Content-Type: ${type}`, '', 'x').body)
      assert.ok(whole.startsWith(`("${media}" "${subtype}" ${told} NIL`), whole)
      const part = wire(
        prepared('Content-Type: multipart/mixed; boundary=b', '', '--b', `Content-Type: ${type}`, '', 'x', '--b--')
          .body,
      )
      assert.ok(part.startsWith(`(("${media}" "${subtype}" ${told} NIL`), part)
    })
  }
  it('encodes the multipart of the RFC', () => {
    const message = prepared(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      'preamble',
      '--x',
      'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII',
      '',
      'one',
      'two',
      '--x',
      'Content-Type: text/x-patch; name=cc.diff',
      'Content-ID: <960723163407.20117h@cac.washington.edu>',
      'Content-Description: Compiler diff',
      'Content-Transfer-Encoding: BASE64',
      'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==',
      'Content-Disposition: attachment; filename="cc.diff"',
      'Content-Language: en, de',
      'Content-Location: cc',
      '',
      'QUFB',
      '--x--',
      'epilogue',
    )
    assert.equal(
      wire(message.body),
      '(("TEXT" "PLAIN" ("charset" "US-ASCII") NIL NIL "7bit" 8 2)' +
        '("text" "x-patch" ("name" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "base64" 4 1) "mixed")',
    )
    assert.equal(
      wire(message.bodyStructure),
      '(("TEXT" "PLAIN" ("charset" "US-ASCII") NIL NIL "7bit" 8 2 NIL NIL NIL NIL)' +
        '("text" "x-patch" ("name" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "base64" 4 1 ' +
        '"Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename" "cc.diff")) ("en" "de") "cc") "mixed" ("boundary" "x") NIL NIL NIL)',
    )
  })

  it('gives a message inside its envelope, body and lines', () => {
    const message = prepared('Content-Type: message/rfc822', '', 'Subject: in', '', 'a', 'b', '')
    assert.equal(
      wire(message.body),
      '("message" "rfc822" NIL NIL NIL "7bit" 21 ' +
        '(NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 2) 4)',
    )
  })

  it('takes parts of a digest for messages (RFC 2046 5.1.5)', () => {
    const message = prepared(
      'Content-Type: multipart/digest; boundary=x',
      '',
      '--x',
      '',
      'Subject: in',
      '',
      'a',
      '--x--',
    )
    assert.equal(
      wire(message.body),
      '(("message" "rfc822" NIL NIL NIL "7bit" 16 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
        '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 1) 3) "digest")',
    )
  })

  const LEAF = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit"'
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['no header', ['', 'a', ''], `${LEAF} 3 1)`],
    ['empty message', [''], `${LEAF} 0 0)`],
    ['a multipart without boundary', ['Content-Type: multipart/mixed', '', 'a', ''], `(${LEAF} 3 1) "mixed")`],
    ['a multipart without parts', ['Content-Type: multipart/mixed; boundary=x', '', 'a', ''], `(${LEAF} 3 1) "mixed")`],
    ['a type that cannot be read', ['Content-Type: text', '', 'a'], `${LEAF} 1 1)`],
    [
      'no extension data in BODY',
      ['Content-Type: application/pdf', '', 'a'],
      '("application" "pdf" NIL NIL NIL "7bit" 1)',
    ],
    [
      'RFC 2231 parameters as they stand',
      ["Content-Type: application/pdf; name*0*=utf-8''a%20; name*1=b", '', ''],
      '("application" "pdf" ("name*0*" "utf-8\'\'a%20" "name*1" "b") NIL NIL "7bit" 0)',
    ],
  ]
  for (const [name, text, expected] of rows) it(name, () => assert.equal(wire(prepared(...text).body), expected))
})
