import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { prepare } from '../../lib/mime/prepare'
import { type Address, parseAddresses } from '../../lib/mime/read/addresses'
import { parseDate } from '../../lib/mime/read/date'
import { fieldChoice, headerFields, parseFields } from '../../lib/mime/read/header'
import { messageIds } from '../../lib/mime/read/message-id'
import { decodeParameters, parseParameters } from '../../lib/mime/read/params'
import { baseSubject } from '../../lib/mime/read/subject'
import { cutUtf8, decodeText, knownCharset } from '../../lib/mime/text/charset'
import { bodyText, headerText, headerValue, searchedRanges } from '../../lib/mime/text/search-text'
import { decodePart } from '../../lib/mime/text/transfer'
import { decodeWords } from '../../lib/mime/text/words'
import { fold } from '../../lib/terms/casemap'
import { lines, prepared, wire } from './message'

describe('addresses (RFC 5322 3.4, 4.4)', () => {
  const show = ({ name, route, mailbox, host }: Address): string =>
    [name, route, mailbox, host].map((one) => one ?? '-').join('|')
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['a@b', ['-|-|a|b']],
    ['A B <a@b>, c@d', ['A B|-|a|b', '-|-|c|d']],
    ['"B, A" <a@b>', ['B, A|-|a|b']],
    ['"A \\"x\\" B" <a@b>', ['A "x" B|-|a|b']],
    ['"john doe"@example.org', ['-|-|john doe|example.org']],
    ['a@[192.0.2.1]', ['-|-|a|[192.0.2.1]']],
    ['<@x.org,@y.org:a@b>', ['-|@x.org,@y.org|a|b']],
    ['a@b (Alice (the first))', ['Alice (the first)|-|a|b']],
    ['John Q. Public <a@b>', ['John Q. Public|-|a|b']],
    ['undisclosed-recipients:;', ['-|-|undisclosed-recipients|-', '-|-|-|-']],
    ['A: b@c, D <e@f>;, g@h', ['-|-|A|-', '-|-|b|c', 'D|-|e|f', '-|-|-|-', '-|-|g|h']],
    ['=?utf-8?Q?Smith,_John?= <a@b>', ['=?utf-8?Q?Smith,_John?=|-|a|b']],
    ['a@b; c@d', ['-|-|a|b', '-|-|c|d']],
    ['a.b . c @ d . e', ['-|-|a.b.c|d.e']],
    ['<>', ['-|-||']],
    ['root', ['-|-|root|']],
    [',,,', []],
    ['', []],
  ]
  for (const [text, expected] of rows) {
    it(text || 'nothing', () => assert.deepEqual(parseAddresses(text).map(show), expected))
  }
})

describe('encoded words (RFC 2047)', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['=?ISO-8859-1?Q?a?=', 'a'],
    ['=?ISO-8859-1?Q?a?= b', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a_b?=', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a b'],
    ['=?utf-8?B?w6Q=?=', 'ä'],
    // A character split between two words: wrong, and common.
    ['=?utf-8?B?ww==?= =?utf-8?B?pA==?=', 'ä'],
    ['=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=', 'ä'],
    ['=?utf-8*de?Q?=C3=A4?=', 'ä'],
    ['=?utf-8?Q?Hello world?=', 'Hello world'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?koi8-r?Q?=F0?=', 'П'],
    ['=?no-such-charset?Q?=E4?=', 'ä'],
    ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
    ['=?utf-8?Q?a', '=?utf-8?Q?a'],
    ['caf\xc3\xa9', 'café'],
    ['caf\xe9', 'café'],
  ]
  for (const [text, expected] of rows) it(text, () => assert.equal(decodeWords(text), expected))
})

describe('charsets', () => {
  it('reads what it is told, and guesses what it is not', () => {
    assert.equal(decodeText(Buffer.from([0xe4]), 'iso-8859-1'), 'ä')
    assert.equal(decodeText(Buffer.from([0x80]), 'ISO-8859-1'), '€')
    assert.equal(decodeText(Buffer.from('ä'), '"UTF-8"'), 'ä')
    assert.equal(decodeText(Buffer.from([0xe4]), ''), 'ä')
    assert.equal(decodeText(Buffer.from([0xe4]), 'us-ascii'), 'ä')
    // Cut in the middle of a character, or with one octet of another charset.
    assert.equal(decodeText(Buffer.from('Grüße aus Köln \xe4', 'latin1'), ''), 'Grüße aus Köln ä')
    assert.equal(decodeText(Buffer.from([...Buffer.from('Grüße '), 0xe4]), ''), 'Grüße \ufffd')
    assert.equal(decodeText(Buffer.from('ä'), '__proto__'), 'ä')
    assert.equal(decodeText(Buffer.from('YQ=='), 'base64'), 'YQ==')
  })
  it('knows charsets and nothing else', () => {
    for (const name of ['UTF-8', 'us-ascii', 'koi8-r', 'iso-2022-jp', 'GB18030']) assert.ok(knownCharset(name), name)
    for (const name of ['', 'base64', 'hex', 'constructor', '__proto__', 'x'.repeat(99)])
      assert.ok(!knownCharset(name), name)
  })
  it('cuts half characters off', () => {
    const whole = Buffer.from('aä€😀')
    for (let end = 0; end <= whole.length; end++) {
      assert.ok('aä€😀'.startsWith(cutUtf8(whole.subarray(0, end)).toString()), String(end))
    }
  })
})

describe('parameters (RFC 2045 5.1, RFC 2231)', () => {
  const rows: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['a/b; NAME=x', [['name', 'x']]],
    ['a/b; name="x \\"y\\"; z"', [['name', 'x "y"; z']]],
    ['a/b;;; name = x ; ; q', [['name', 'x']]],
    ['a/b; charset=us-ascii (plain)', [['charset', 'us-ascii']]],
    [
      'a/b; name=report (1).pdf; x=y',
      [
        ['name', 'report (1).pdf'],
        ['x', 'y'],
      ],
    ],
    ["a/b; name*=utf-8'de'%C3%A4", [['name', 'ä']]],
    ["a/b; name*1*=%A4b; name*0*=utf-8''%C3", [['name', 'äb']]],
    ['a/b; name*0=a; name*1=b', [['name', 'ab']]],
    ["a/b; name=old; name*=utf-8''new", [['name', 'new']]],
    ['a/b; name="=?utf-8?q?=C3=A4?="', [['name', 'ä']]],
    ["a/b; name*=%zz''", [['name', '']]],
    ['a/b; name="open', [['name', 'open']]],
    // Pieces out of order, one missing, one twice; the charset once or with each piece.
    ["a/b; name*2=c; name*0*=us-ascii''a; name*1=b", [['name', 'abc']]],
    ['a/b; name*0=a; name*2=c', [['name', 'ac']]],
    ['a/b; name*0=a; name*1=b; name*1=x', [['name', 'ab']]],
    ["a/b; name*0*=utf-8''%C3%A4; name*1*=utf-8''%C3%B6", [['name', 'äö']]],
    ["a/b; name*0=a; name*1*=utf-8''%C3%A4", [['name', 'aä']]],
    ["a/b; name*0*=utf-8''a%20; name*1=\"it's 100%25\"", [['name', "a it's 100%25"]]],
    ["a/b; name*=''%C3%A4", [['name', 'ä']]],
    ['a/b; name*=%C3%A4', [['name', 'ä']]],
    ["a/b; name*=iso-2022-jp''%1B$B%3B3%1B%28B", [['name', '山']]],
    ["a/b; charset*=us-ascii''utf-8", [['charset', 'utf-8']]],
    // Encoded words, whole, in pieces, behind a charset.
    ['a/b; name*0="=?UTF-8?Q?r=C3=A9"; name*1="sum=C3=A9.pdf?="', [['name', 'résumé.pdf']]],
    ['a/b; name*0="=?utf-8?B?w6Q=?="; name*1=" =?utf-8?B?w7Y=?="', [['name', 'äö']]],
    ["a/b; name*=utf-8''%3D%3Futf-8%3FQ%3F%3DC3%3DA4%3F%3D", [['name', 'ä']]],
    ['a/b; name="x\xe4.pdf"', [['name', 'xä.pdf']]],
  ]
  for (const [text, expected] of rows) {
    it(text, () => assert.deepEqual(decodeParameters(parseParameters(text).raw), expected))
  }
})

describe('parameters that say how a message is read', () => {
  const parts = (...text: readonly string[]): readonly string[] =>
    prepared(...text).structure.children.map(({ type, subtype }) => `${type}/${subtype}`)
  const BODY = [
    '',
    '--=abcdef',
    'Content-Type: text/plain',
    '',
    'Hello',
    '--=abcdef',
    'Content-Type: a/b',
    '',
    'x',
    '--=abcdef--',
  ]
  for (const boundary of [
    "boundary*0*=us-ascii''%3Dabc;\r\n boundary*1*=def",
    "boundary*1*=def; boundary*0*=us-ascii''%3Dabc",
    "boundary*=us-ascii'en'%3Dabcdef",
    'boundary*0="=abc"; boundary*1="def"',
    'boundary="=abcdef"',
  ]) {
    it(boundary, () =>
      assert.deepEqual(parts(`Content-Type: multipart/mixed; ${boundary}`, ...BODY), ['text/plain', 'a/b']),
    )
  }
  it('a boundary is octets, not text', () => {
    const open = ['Content-Type: multipart/mixed; boundary="=?utf-8?Q?=C3=A4?="', '', '--=?utf-8?Q?=C3=A4?=', '', 'x']
    assert.deepEqual(parts(...open, '--=?utf-8?Q?=C3=A4?=', 'Content-Type: a/b', '', '--=?utf-8?Q?=C3=A4?=--'), [
      'text/plain',
      'a/b',
    ])
  })
  it('thousands of pieces cost their octets', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `name*${index}=x`).join('; ')
    const [[name, value] = []] = decodeParameters(parseParameters(`a/b; ${many}`).raw)
    assert.equal(name, 'name')
    assert.equal(value, 'x'.repeat(2_000))
    const names = Array.from({ length: 20_000 }, (_, index) => `n${index}*=utf-8''%C3%A4`).join('; ')
    assert.equal(decodeParameters(parseParameters(`a/b; ${names}`).raw).length, 2_000)
  })
})

describe('a byte order mark', () => {
  const bytes = lines('\xef\xbb\xbfFrom: a@b', 'Subject: x', '', 'y')
  it('hides no field, and its octets stay', () => {
    assert.deepEqual(
      parseFields(bytes, 0, bytes.length - 1).map(({ name }) => name),
      ['from', 'subject'],
    )
    const { keys, structure, headerSize } = prepare(bytes)
    assert.equal(keys.from.toLowerCase(), 'a@b')
    assert.equal(structure.headerStart, 0)
    assert.equal(headerSize, bytes.length - 1)
    assert.equal(wire(headerFields(bytes.subarray(0, headerSize), fieldChoice(['from'], 'only'))), 'From: a@b\r\n\r\n')
  })
})

describe('dates (RFC 5322 3.3, 4.3)', () => {
  const rows: readonly (readonly [string, string | undefined, string?])[] = [
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06.000Z', '1997-11-21'],
    ['31 Dec 2000 16:01:33 -0800', '2001-01-01T00:01:33.000Z', '2000-12-31'],
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06.000Z'],
    ['Thu,      13\t  Feb  1969 23:32 -0330 (Newfoundland Time)', '1969-02-14T03:02:00.000Z', '1969-02-13'],
    ['Sat, 1 Jan 2022 00:00:60 EST', '2022-01-01T05:01:00.000Z'],
    ['1 Jan 2022 25:00:00 +0100', '2021-12-31T23:00:00.000Z', '2022-01-01'],
    ['1 Jan 2022 10:00:00 +9999', '2022-01-01T10:00:00.000Z'],
    ['Sat Jan  1 10:00:00 2022', '2022-01-01T10:00:00.000Z'],
    ['1 Jan 2022', '2022-01-01T00:00:00.000Z'],
    ['Fri (day), 21 (twenty-one) Nov (month) 1997 09(comment):   55  :  06 -0600', '1997-11-21T15:55:06.000Z'],
    ['(1 Jan 2001 (2 Feb 2002) \\) 3 Mar 2003) 21 Nov 1997 09:55:06 +0000', '1997-11-21T09:55:06.000Z'],
    ['Fri, 21 Nov 1997 09:55:06.789 -0600', '1997-11-21T15:55:06.000Z'],
    ['(21 Nov 1997 09:55:06 +0000', undefined],
    ['29 Feb 2024', '2024-02-29T00:00:00.000Z'],
    ['29 Feb 2023', undefined],
    ['31 Jun 2023 10:00:00 +0000', undefined],
    ['32 Jan 2022', undefined],
    ['1 Foo 2022', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ]
  for (const [text, at, day] of rows) {
    it(text || 'nothing', () => {
      const date = parseDate(text)
      assert.equal(date && new Date(date.at).toISOString(), at)
      if (day) assert.equal(date && new Date(date.day * 86_400_000).toISOString().slice(0, 10), day)
    })
  }
})

describe('base subject (RFC 5256 2.1)', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['hello', 'hello', false],
    ['Re: hello', 'hello', true],
    ['RE:re : Fwd: FW: hello', 'hello', true],
    ['[list] hello', 'hello', false],
    ['[list] Re: [list] hello', 'hello', true],
    ['Re[2]: hello', 'hello', true],
    ['Re: [only]', '[only]', true],
    ['hello (fwd)', 'hello', true],
    ['hello (fwd) (FWD) ', 'hello', true],
    ['[Fwd: hello]', 'hello', true],
    ['[fwd: Re: hello (fwd)]', 'hello', true],
    ['  a \t b  ', 'a b', false],
    ['', '', false],
    ['Re:', '', true],
    ['regarding: x', 'regarding: x', false],
  ]
  for (const [text, base, isReply] of rows) {
    it(text || 'nothing', () => assert.deepEqual(baseSubject(text), { base, isReply }))
  }
})

describe('transfer encodings (RFC 2045 6)', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['base64', 'aGVs\r\nbG8=', 'hello'],
    ['BASE64', 'a G!Vs*bG8', 'hello'],
    ['base64', 'aGVsbG8=\r\naGVsbG8=\r\n', 'hellohello'],
    ['base64', '', ''],
    ['quoted-printable', 'a=3Db=\r\nc  \r\nd\t=  \r\ne', 'a=bc\r\nd\te'],
    // The line end after a soft break at the end belongs to the boundary.
    ['quoted-printable', 'a=3D= ', 'a='],
    ['quoted-printable', 'a=zz=4', 'a=zz=4'],
    ['quoted-printable', 'a=c3=A4 ', 'a\xc3\xa4'],
    ['8bit', '\xe4\0', '\xe4\0'],
    // RFC 2045 6.8: letters of base64url are no digits.
    ['base64', 'SGVs-bG8gd29ybGQh', 'Hello world!'],
    ['base64', 'SG_Vs\r\nbG8', 'Hello'],
    ['base64', 'QQ=QQ==', 'AA'],
    // A list's footer behind it costs nothing of what stands before.
    ['base64', 'SGVsbG8=\r\n______\r\n', 'Hello'],
    ['x-uuencode', 'begin 644 a.txt\r\n+2&5L;&\\@=V]R;&0\r\n`\r\nend\r\n', 'Hello world'],
    ['uuencode', 'no beginning', 'no beginning'],
    ['x-uue', 'begin 644 a\n#86)C\n', 'abc'],
  ]
  for (const [encoding, text, expected] of rows) {
    it(`${encoding} ${JSON.stringify(text)}`, () => {
      const decoded = decodePart(Buffer.from(text, 'latin1'), encoding)
      assert.equal(decoded && wire(decoded), expected)
    })
  }
  it('does not know others', () => assert.equal(decodePart(Buffer.from('x'), 'x-unknown'), undefined))
})

describe('header fields', () => {
  const header = lines('A: 1', 'B: 2', '\tmore', 'a : 3', 'no field', 'C:4', '', '')
  const show = (octets: Buffer): string => wire(octets).replace(/\r\n/g, '|')
  it('gives the ones named, as they stand (RFC 9051 6.4.5.1)', () => {
    assert.equal(show(headerFields(header, fieldChoice(['b'], 'only'))), 'B: 2|\tmore||')
    assert.equal(show(headerFields(header, fieldChoice(['A'], 'only'))), 'A: 1|a : 3||')
    assert.equal(show(headerFields(header, fieldChoice(['a', 'b'], 'not'))), 'no field|C:4||')
    assert.equal(show(headerFields(header, fieldChoice(['x'], 'only'))), '|')
  })
  it('adds no empty line where there is none', () => {
    assert.equal(show(headerFields(lines('A: 1', ''), fieldChoice(['a'], 'only'))), 'A: 1|')
  })
  it('reads fields unfolded', () => {
    const fields = parseFields(header, 0, header.length).map(({ name, value }) => `${name}=${value}`)
    assert.deepEqual(fields, ['a=1', 'b=2\tmore', 'a=3', 'c=4'])
  })
  it('finds message ids and makes their spellings one (RFC 5256)', () => {
    assert.deepEqual(messageIds('x <a@b> junk <"01KF"@c> <not an id> <"a\\"b"@c><d>'), [
      '<a@b>',
      '<01KF@c>',
      '<a"b@c>',
      '<d>',
    ])
    assert.deepEqual(messageIds(undefined), [])
  })
})

describe('text of messages', () => {
  const MIXED = 'Content-Type: multipart/mixed; boundary=x'
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['plain text', ['', '  Hello\r\n\tworld '], 'Hello world'],
    ['plain before HTML', [MIXED, '', '--x', 'Content-Type: text/html', '', '<p>h', '--x', '', 'p', '--x--'], 'p'],
    [
      'HTML when the plain text is empty',
      [MIXED, '', '--x', '', ' ', '--x', 'Content-Type: text/html', '', '<p>h', '--x--'],
      'h',
    ],
    ['no attachment', [MIXED, '', '--x', 'Content-Disposition: attachment', '', 'p', '--x--'], ''],
    ['base64', ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64', '', 'w6Q='], 'ä'],
    [
      'HTML that names its charset itself',
      ['Content-Type: text/html', '', '<meta http-equiv=x content="text/html; charset=koi8-r"><p>\xf0\xd2\xc9'],
      'При',
    ],
    [
      'HTML whose charset is declared',
      ['Content-Type: text/html; charset=koi8-r', '', '<meta charset=utf-8><p>\xf0'],
      'П',
    ],
    ['HTML that is UTF-8, whatever it says', ['Content-Type: text/html', '', '<meta charset=koi8-r><p>\xc3\xa4'], 'ä'],
    ['nothing', [''], ''],
  ]
  for (const [name, text, expected] of rows) {
    it(`preview: ${name}`, () => assert.equal(prepared(...text).preview, expected))
  }
  it('preview: 200 whole characters (RFC 8970 3.1)', () => {
    assert.equal(prepared('', '\xf0\x9f\x98\x80'.repeat(5000)).preview, '😀'.repeat(200))
    assert.equal(prepared('', 'a\xc3\xa4'.repeat(50_000)).preview, 'aä'.repeat(100))
  })
})

describe('search keys', () => {
  it('holds what SEARCH, SORT and THREAD compare', () => {
    const { keys } = prepared(
      'From: =?utf-8?q?J=C3=B6rg?= <Joerg@Example.org>',
      'To: Team: a@b;',
      'Cc: c@d',
      'Subject: Re: [x] =?utf-8?q?GR=C3=9C=C3=9FE?=',
      'Date: Fri, 21 Nov 1997 23:55:06 -0600',
      'Message-ID: <m@x>',
      'In-Reply-To: your mail <r@x>',
      'References: <a@x> <b@x>',
      '',
      '',
    )
    assert.deepEqual(keys, {
      subject: 'Re: [x] GRÜßE',
      from: 'Jörg <Joerg@Example.org>',
      to: 'Team: a@b;',
      cc: 'c@d',
      bcc: '',
      sentAt: Date.UTC(1997, 10, 22, 5, 55, 6),
      sentDay: Date.UTC(1997, 10, 21) / 86_400_000,
      messageId: '<m@x>',
      inReplyTo: '<r@x>',
      references: ['<a@x>', '<b@x>'],
      baseSubject: 'GRÜßE',
      isReply: true,
      sortFrom: 'Joerg',
      sortTo: 'Team',
      sortCc: 'c',
      displayFrom: 'Jörg',
      displayTo: 'Team',
    })
  })
})

describe('what SEARCH compares with', () => {
  const bytes = lines(
    'Subject: =?utf-8?q?GR=C3=9CN?=',
    'X-A: One',
    'X-A: Two',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Transfer-Encoding: base64',
    'Content-Type: text/plain; charset=iso-8859-1',
    '',
    Buffer.from('GR\xdcN', 'latin1').toString('base64'),
    '--x',
    'Content-Type: text/html',
    '',
    '<p>bo<b>ld</b>',
    '--x--',
  )
  const { structure, headerSize } = prepare(bytes)
  const header = bytes.subarray(0, headerSize)
  it('headers, decoded and folded', () => {
    assert.equal(headerValue(header, 'subject'), fold('grün'))
    assert.equal(headerValue(header, 'x-a'), 'ONE\nTWO')
    assert.equal(headerValue(header, 'x-b'), undefined)
    assert.ok(headerText(header).includes(fold('subject: grün\nx-a: one\n')))
  })
  it('lines of a header that are no fields', () => {
    const text = headerText(lines('Subject: x', 'no field here', 'nor here: or', ' folded', 'A: b', ''))
    assert.ok(text.includes('NO FIELD HERE') && text.includes('NOR HERE: OR') && text.includes('A: B'), text)
    const bomb = 'a '.repeat(500_000)
    assert.ok(headerText(Buffer.from(`${bomb}\n`.repeat(2))).length >= bomb.length)
  })
  it('text parts, decoded and folded', () => {
    const texts = [...searchedRanges(structure)]
      .filter(({ kind }) => kind === 'text')
      .map((range) => bodyText(range.part, bytes.subarray(range.start, range.end)))
    assert.equal(texts[0], fold('grün'))
    assert.ok(texts[1]?.includes('BOLD') && texts[1].includes('BO<B>'))
  })
})
