import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { prepare, prepareUpTo } from '../../lib/mime/prepare'
import type { Part, PreparedMessage } from '../../lib/mime/prepared'
import { fieldChoice, headerFields } from '../../lib/mime/read/header'
import { sectionRange } from '../../lib/mime/read/section'
import { decodeText } from '../../lib/mime/text/charset'
import { searchedRanges } from '../../lib/mime/text/search-text'
import { partText, textParts } from '../../lib/mime/text/text'
import { decodePart } from '../../lib/mime/text/transfer'
import { decodeWords } from '../../lib/mime/text/words'

/** Reads one value of the IMAP grammar (string, NIL, number, list); throws when it is none. */
function parseValue(text: string, start: number): { value: unknown; end: number } {
  const literal = /^\{(\d+)\}\r\n/.exec(text.slice(start, start + 20))
  if (literal) {
    const from = start + literal[0].length
    const end = from + Number(literal[1])
    assert.ok(end <= text.length && !text.slice(from, end).includes('\0'), 'literal')
    return { value: text.slice(from, end), end }
  }
  if (text[start] === '"') {
    let value = ''
    let at = start + 1
    for (; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      const c = text.charAt(at)
      assert.match(c, /^[\x01-\x09\x0b\x0c\x0e-\x7f]$/)
      value += c
    }
    return { value, end: at + 1 }
  }
  if (text[start] === '(') {
    const values: unknown[] = []
    let at = start + 1
    while (text[at] !== ')') {
      const { value, end } = parseValue(text, at)
      values.push(value)
      at = text[end] === ' ' ? end + 1 : end
    }
    return { value: values, end: at + 1 }
  }
  const atom = /^(?:NIL|\d+)/.exec(text.slice(start, start + 20))?.[0]
  assert.ok(atom !== undefined, `a value at ${text.slice(start, start + 30)}`)
  return { value: atom === 'NIL' ? undefined : Number(atom), end: start + atom.length }
}
function parseWhole(octets: Buffer): readonly unknown[] {
  const text = octets.toString('latin1')
  const { value, end } = parseValue(text, 0)
  assert.equal(end, text.length)
  assert.ok(Array.isArray(value))
  return value
}

/** body of RFC 9051 9. */
function checkBody(body: unknown): void {
  assert.ok(Array.isArray(body))
  if (Array.isArray(body[0])) {
    const parts = body.findIndex((one) => !Array.isArray(one))
    body.slice(0, parts).forEach(checkBody)
    assert.equal(typeof body[parts], 'string')
    return
  }
  const [type, subtype, , , , encoding, octets, ...more] = body
  for (const text of [type, subtype, encoding]) assert.equal(typeof text, 'string')
  assert.equal(typeof octets, 'number')
  if (/^text$/i.test(type)) assert.equal(typeof more[0], 'number')
  if (/^message$/i.test(type) && /^(rfc822|global)$/i.test(subtype)) {
    assert.equal(more[0].length, 10)
    checkBody(more[1])
    assert.equal(typeof more[2], 'number')
  }
}

function checkPart(part: Part, start: number, end: number): void {
  assert.ok(start <= part.headerStart && part.headerStart <= part.bodyStart)
  assert.ok(part.bodyStart <= part.bodyEnd && part.bodyEnd <= end)
  let from = part.bodyStart
  for (const child of part.children) {
    checkPart(child, from, part.bodyEnd)
    from = child.bodyEnd
  }
  if (part.message) {
    assert.equal(part.message.headerStart, part.bodyStart)
    checkPart(part.message, part.bodyStart, part.bodyEnd)
    assert.equal(part.message.bodyEnd, part.bodyEnd)
  }
}

function check(bytes: Buffer): PreparedMessage {
  const message = prepare(bytes)
  assert.equal(message.size, bytes.length)
  assert.equal(parseWhole(message.envelope).length, 10)
  checkBody(parseWhole(message.body))
  checkBody(parseWhole(message.bodyStructure))
  checkPart(message.structure, 0, bytes.length)
  assert.equal(message.structure.bodyEnd, bytes.length)
  assert.ok([...message.preview].length <= 200 && !message.preview.includes('\0'))
  // Stores keep the structure as JSON.
  assert.deepEqual(JSON.parse(JSON.stringify(message.structure)), message.structure)
  for (const part of textParts(message.structure)) {
    assert.equal(typeof partText(part, bytes.subarray(part.bodyStart, part.bodyEnd)), 'string')
  }
  const header = bytes.subarray(0, message.headerSize)
  const kept =
    headerFields(header, fieldChoice(['subject', 'x'], 'only')).length +
    headerFields(header, fieldChoice(['subject', 'x'], 'not')).length
  assert.ok(kept <= header.length + 2)
  for (const text of ['all', 'header', 'text', 'mime'] as const) {
    for (const path of [[], [1], [1, 1], [2, 1], [1, 1, 1]]) {
      const range = sectionRange(message.structure, { path, text })
      if (range) assert.ok(0 <= range.start && range.start <= range.end && range.end <= bytes.length)
    }
  }
  return message
}

const WORDS = [
  'Content-Type: ',
  'multipart/mixed; boundary=x',
  'multipart/digest; boundary="x y"',
  'message/rfc822',
  'message/global',
  'text/html',
  'Content-Transfer-Encoding: base64',
  "Content-Disposition: attachment; filename*0*=utf-8''%C3",
  '; filename*1*=%A4',
  '--x',
  '--x--',
  '--x y',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  'Subject: ',
  'From: ',
  'To: ',
  'Date: ',
  'References: ',
  '=?utf-8?Q?=C3?=',
  '=?iso-2022-jp?B?GyRC?=',
  '"',
  '\\',
  '(',
  ')',
  '<',
  '>',
  '@',
  ':',
  ';',
  ',',
  '[',
  ']',
  '=',
  '%',
  '\xe4',
  '\xff\xfe',
  'a',
  'NIL',
  '{5}',
  '<script>',
  '&#55296;',
  '1 Jan 2022 10:00 +0100',
  'Re: ',
  '(fwd)',
  '[fwd:',
] as const

describe('any octets are a message', () => {
  it('random octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => void check(Buffer.from(octets))),
      { numRuns: 500 },
    )
  })
  it('random pieces of messages', () => {
    const pieces = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 })
    const runs = process.env.MAILBOX_LONG ? 200_000 : 4000
    fc.assert(
      fc.property(pieces, (words) => void check(Buffer.from(words.join(''), 'latin1'))),
      { numRuns: runs },
    )
  })
  it('random lines of multiparts', () => {
    const line = fc.constantFrom(
      ...['x', 'y', 'x y'].flatMap((boundary) => [
        `Content-Type: multipart/mixed; boundary="${boundary}"\r\n`,
        `--${boundary}`,
        `--${boundary}`,
        `--${boundary}--`,
      ]),
      'Content-Type: multipart/digest; boundary=y\r\n',
      'Content-Type: message/rfc822\r\n',
      'Content-Type: text/html',
      'From: a@b',
      '',
      'text',
    )
    const lineEnd = fc.constantFrom('\r\n', '\n')
    const runs = process.env.MAILBOX_LONG ? 200_000 : 4000
    const whole = fc.tuple(fc.array(line, { maxLength: 40 }), lineEnd)
    fc.assert(
      fc.property(whole, ([text, end]) => void check(Buffer.from(text.join(end)))),
      { numRuns: runs },
    )
  })
  it('a message cut off anywhere, and with any octet changed', () => {
    const whole = Buffer.from(
      'From: "A" <a@b>\r\nSubject: =?utf-8?Q?=C3=A4?=\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\npre\r\n--x\r\n' +
        'Content-Type: message/rfc822\r\n\r\nTo: g: c@d;\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--x\r\n\r\nend\r\n--x--\r\n',
    )
    for (let end = 0; end <= whole.length; end++) check(whole.subarray(0, end))
    for (let at = 0; at < whole.length; at++) {
      for (const octet of [0, 10, 13, 34, 45, 255]) {
        const changed = Buffer.from(whole)
        changed[at] = octet
        check(changed)
      }
    }
  })
})

describe('what was encoded is decoded', () => {
  it('base64 and quoted-printable', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const bytes = Buffer.from(octets)
        const base64 = bytes.toString('base64').replace(/.{60}/g, '$&\r\n')
        assert.deepEqual(decodePart(Buffer.from(base64), 'base64'), bytes)
        const hex = bytes.toString('hex').toUpperCase()
        const quoted = hex.replace(/../g, '=$&').replace(/.{60}/g, '$&=\r\n')
        assert.deepEqual(decodePart(Buffer.from(quoted), 'quoted-printable'), bytes)
      }),
    )
  })
  it('encoded words, also when characters are split', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        (text, size) => {
          const octets = Buffer.from(text)
          const words: string[] = []
          for (let at = 0; at < octets.length; at += size) {
            const piece = octets.subarray(at, at + size)
            const hex = piece.toString('hex').replace(/../g, '=$&')
            words.push(at % 2 ? `=?utf-8?b?${piece.toString('base64')}?=` : `=?UTF-8?Q?${hex}?=`)
          }
          assert.equal(decodeWords(words.join(' ')), text)
        },
      ),
    )
  })
  it('decodeText never throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 50 }),
        fc.oneof(fc.string(), fc.constantFrom('utf-16', 'utf-7', 'big5', 'gbk', 'hz-gb-2312')),
        (octets, name) => {
          assert.equal(typeof decodeText(Buffer.from(octets), name), 'string')
        },
      ),
    )
  })
})

describe('bombs', () => {
  const repeat = (text: string, octets: number): Buffer =>
    Buffer.from(text.repeat(Math.ceil(octets / text.length)), 'latin1')
  const MB = 1024 * 1024
  const MIXED = 'Content-Type: multipart/mixed; boundary=x\r\n\r\n'
  const join = (...pieces: readonly (string | Buffer)[]): Buffer =>
    Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)))
  let nested = ''
  for (let level = 0; level < 99; level++)
    nested += `Content-Type: multipart/mixed; boundary=x${level}\r\n\r\n--x${level}\r\n`
  const bombs: readonly (readonly [string, Buffer])[] = [
    ['messages in messages', repeat('Content-Type: message/rfc822\r\n\r\n', MB)],
    ['multiparts in multiparts, then lines like delimiters', join(nested, '\r\n', repeat('\n--x', MB))],
    [
      'messages in messages, then empty lines',
      join(repeat('Content-Type: message/rfc822\r\n\r\n', 3000), repeat('\n', MB)),
    ],
    ['delimiters only', join(MIXED, repeat('--x\r\n', MB))],
    ['a long line after a delimiter', join(MIXED, '--x', repeat(' ', MB))],
    ['a header of one line', repeat('a', MB)],
    ['a header without colons', repeat('a\n', MB)],
    ['many fields', repeat('A: b\r\n', MB)],
    ['one folded field', join('Subject: a', repeat('\r\n b', MB))],
    ['addresses', join('To: ', repeat('a@b,', MB))],
    ['open comments', join('From: ', repeat('(', MB))],
    ['closed groups', join('From: ', repeat(':;', MB))],
    ['open angles', join('From: ', repeat('<@', MB))],
    ['quotes', join('From: ', repeat('"', MB))],
    ['encoded words', join('Subject: ', repeat('=?utf-8?q?a?= ', MB))],
    ['halves of encoded words', join('Subject: ', repeat('=?a?q?', MB))],
    ['parameters', join('Content-Type: text/plain', repeat(';a*0*=b', MB))],
    ['blanks in parameters', join('Content-Type: text/plain; a=', repeat(' (', MB))],
    ['references', join('References: ', repeat('<', MB), repeat('<"a"', MB))],
    ['subject blobs', join('Subject: ', repeat('[a] re: ', MB))],
    ['date', join('Date: ', repeat('1 ', MB))],
    ['HTML', join('Content-Type: text/html\r\n\r\n', repeat('<script', MB))],
    ['entities', join('Content-Type: text/html\r\n\r\n', repeat('&', MB))],
    ['blanks in quoted-printable', join('Content-Transfer-Encoding: quoted-printable\r\n\r\n', repeat(' ', MB), 'x')],
    ['padding', join('Content-Transfer-Encoding: base64\r\n\r\n', repeat('=', MB))],
    ['zero', Buffer.alloc(MB)],
  ]
  for (const [name, bytes] of bombs) it(name, () => void check(bytes))

  it('thousands of RFC 2231 parameters', () => {
    for (const piece of ["p*{}*=utf-8''%C3%A4", 'p*{}=x', 'boundary*{}=x', "q{}*=utf-8''%C3%A4", 'charset*{}*=%75']) {
      const all = Array.from({ length: 20_000 }, (_, nth) => piece.replace('{}', String(nth))).join(';\r\n ')
      const { structure } = check(Buffer.from(`Content-Type: multipart/mixed; ${all}\r\n\r\nx`))
      assert.ok(structure.params.length <= 2_000)
    }
  })
  it('cyclic and 100-deep MIME', () => {
    // Every multipart has the boundary of the one around it; messages hold themselves; both turn about.
    const cycles = [
      'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n',
      'Content-Type: message/rfc822\r\n\r\n',
      'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n',
      'Content-Type: multipart/digest; boundary="x"\r\n\r\n--x--\r\n--x\r\n\r\n',
    ]
    const depthOf = (part: Part): number =>
      1 + Math.max(0, ...[...part.children, ...(part.message ? [part.message] : [])].map(depthOf))
    for (const cycle of cycles) {
      const { structure } = check(Buffer.from(`${cycle.repeat(2_000)}Subject: deep\r\n\r\nx\r\n`))
      assert.ok(depthOf(structure) <= 102)
      for (const { start, end } of searchedRanges(structure)) assert.ok(start <= end)
    }
    const hundred = Array.from(
      { length: 100 },
      (_, nth) => `Content-Type: multipart/mixed; boundary=x${nth}\r\n\r\n--x${nth}\r\n`,
    )
    const { structure } = check(Buffer.from(`${hundred.join('')}Content-Type: text/plain\r\n\r\nfound\r\n`))
    assert.equal(depthOf(structure), 101)
    assert.equal([...searchedRanges(structure)].at(-1)?.part.subtype, 'plain')
  })

  it('a structure is not many times the size of its message', () => {
    const from = `From: ${'a@b,'.repeat(600)}\r\n`
    const bytes = join(MIXED, repeat(`--x\r\nContent-Type: message/rfc822\r\n\r\n${from}\r\n`, 4 * MB), '--x--')
    const { bodyStructure, body } = check(bytes)
    assert.ok(bodyStructure.length < bytes.length, `${bodyStructure.length} of ${bytes.length}`)
    assert.ok(body.length < bytes.length)
  })
  it('a thousand parts', () => {
    const { structure } = check(join(MIXED, repeat('--x\r\n\r\nhello\r\n', 14 * 1000), '--x--\r\n'))
    assert.equal(structure.children.length, 1000)
  })
  it('25 MB of attachment', () => {
    const attachment = repeat(`${'A'.repeat(76)}\r\n`, 25 * MB)
    const bytes = join(
      MIXED,
      '--x\r\n\r\nhello\r\n--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      attachment,
      '--x--\r\n',
    )
    const message = prepare(bytes)
    assert.deepEqual(
      message.structure.children.map((part) => part.subtype),
      ['plain', 'pdf'],
    )
    assert.ok(message.bodyStructure.length < 500)
  })
  it('what costs more than its octets is none for the event loop, wherever it stands', () => {
    const most = { parts: 4, header: 7000, addresses: 6100 }
    const forwarded = (head: string): Buffer =>
      join(MIXED, `--x\r\nContent-Type: message/rfc822\r\n\r\n${head}\r\nhello\r\n--x--\r\n`)
    const plain = (head: string): Buffer => Buffer.from(`${head}\r\nhello\r\n`)
    const refused = {
      addresses: `To: ${'a, '.repeat(2040)}b\r\n`,
      header: `Content-Language: ${'a,'.repeat(3600)}b\r\n`,
      parts: 'Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y\r\n\r\n--y\r\n\r\n--y\r\n',
    }
    for (const head of Object.values(refused))
      for (const bytes of [plain(head), forwarded(head)]) {
        assert.equal(prepareUpTo(bytes, most), undefined)
        const more = { parts: 10, header: 10_000, addresses: 10_000 }
        assert.deepEqual(prepareUpTo(bytes, more), prepare(bytes))
      }
    assert.deepEqual(prepareUpTo(plain('To: a\r\n'), most), prepare(plain('To: a\r\n')))
  })
})
