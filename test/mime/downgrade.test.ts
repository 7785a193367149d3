import assert from 'node:assert/strict'
import fc from 'fast-check'
import { prepare } from '../../lib/mime/prepare'
import { fieldOf, parseFields } from '../../lib/mime/read/header'
import { decodeWords } from '../../lib/mime/text/words'
import { asciiHeader } from '../../lib/mime/write/downgrade'

const ascii = (text: string): string => asciiHeader(Buffer.from(text)).toString('latin1')
const read = (text: string, name: string): string => {
  const header = Buffer.from(ascii(text), 'latin1')
  return decodeWords(fieldOf(parseFields(header, 0, header.length), name) ?? '')
}

describe('headers for clients without UTF-8 (RFC 6855 7, RFC 6857)', () => {
  it('leaves ASCII octet for octet, and only changes the fields that need it', () => {
    const plain = 'Subject:  x  \r\nX-A:\tb\r\n\tc\r\n\r\n'
    assert.equal(ascii(plain), plain)
    assert.match(
      ascii(`Subject: ü\r\n${plain}`),
      /^Subject: =\?utf-8\?B\?w7w=\?=\r\nSubject: {2}x {2}\r\nX-A:\tb\r\n\tc\r\n\r\n$/,
    )
  })

  it('text fields say the same as encoded words, in lines of 78 characters at most', () => {
    const subject = `Re: ${'Größe und Länge, '.repeat(20)}日本 end`
    const text = ascii(`Subject: ${subject}\r\n\r\n`)
    assert.equal(read(`Subject: ${subject}\r\n\r\n`, 'subject'), subject)
    for (const line of text.split('\r\n')) assert.ok(line.length <= 90, line)
  })

  it('addresses: names are encoded, domains get their A-labels, what cannot be said is invalid (RFC 6858 2.1)', () => {
    assert.equal(
      ascii('From: Jürgen <j@bücher.example>\r\n'),
      'From: =?utf-8?B?SsO8cmdlbg==?= <j@xn--bcher-kva.example>\r\n',
    )
    const to = ascii('To: "A, B" <a@x>, jürgen@x, "C" <ü@y>\r\n')
    assert.match(to, /^To: "A, B" <a@x>,\r\n =\?utf-8\?B\?\S+\?= <invalid@internationalized-address\.invalid>,\r\n =\?/)
    assert.match(read('To: "A, B" <a@x>, jürgen@x, "C" <ü@y>\r\n', 'to'), /jürgen@x <invalid@.*C ü@y <invalid@/)
    assert.match(
      ascii('Cc: Gruppe ü: a@x, Ö <b@x>;\r\n'),
      /^Cc: =\?utf-8\?B\?\S+\?=: a@x,\r\n =\?utf-8\?B\?w5Y=\?= <b@x>;\r\n$/,
    )
  })

  it('parameters become RFC 2231, structured fields are renamed, lines that are no fields lose the octets', () => {
    assert.equal(
      ascii('Content-Disposition: attachment; filename="ü b.txt"; size=3\r\n'),
      "Content-Disposition: attachment; filename*=utf-8''%C3%BC%20b.txt; size=3\r\n",
    )
    assert.match(ascii('Message-ID: <ü@x>\r\n'), /^Downgraded-Message-ID: =\?utf-8\?B\?\S+\?=\r\n$/)
    assert.equal(ascii('no field ü\r\nA: b\r\n'), 'no field ??\r\nA: b\r\n')
  })

  it('is ASCII whatever comes in, keeps the end of the header, and needs it once only', () => {
    const words = fc.constantFrom(
      'Subject',
      'From',
      'Content-Type',
      'Date',
      ':',
      ' ',
      '\r\n',
      '\n',
      '"',
      '<',
      '@',
      ';',
      '=',
      'ü',
      '日',
      'a',
      '\\',
      ',',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 40 }),
        (parts) => {
          const header = Buffer.from(`${parts.join('').replace(/(\r?\n){2,}/g, '\r\n')}\r\n\r\n`)
          const once = asciiHeader(header)
          assert.ok(once.every((octet) => octet < 128))
          assert.ok(once.toString('latin1').endsWith('\r\n\r\n'))
          assert.equal(asciiHeader(once), once)
          assert.equal(prepare(once).headerSize > 0, true)
        },
      ),
    )
  })
})
