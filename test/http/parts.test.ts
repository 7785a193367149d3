import assert from 'node:assert/strict'
import fc from 'fast-check'
import MailComposer from 'nodemailer/lib/mail-composer'
import { searchOf } from '../../lib/http/mail/list/query'
import { readEnvelope } from '../../lib/http/mail/message/envelope'
import { fileNameOf } from '../../lib/http/mail/message/file-name'
import { prepare } from '../../lib/mime/prepare'
import { bodiesOf } from '../../lib/mime/read/bodies'
import { choice, flag, Invalid, list, object, optional, text, whole } from '../../lib/web/kernel/schema'
import { httpSettings } from '../../lib/web/settings'

const built = (mail: object): Promise<Buffer> => new MailComposer(mail).compile().build()

describe('HTTP: parts', () => {
  it('reads of an ENVELOPE what was written into the message', async () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .map((one) => one.replace(/[\p{C}\s<>"\\]+/gu, 'x'))
    await fc.assert(
      fc.asyncProperty(word, word, async (name, subject) => {
        const octets = await built({
          from: { name, address: 'a@b.example' },
          to: 'c@d.example, e@f.example',
          subject,
          text: 'x',
        })
        const envelope = readEnvelope(prepare(octets).envelope, 5)
        assert.deepEqual(envelope.from, [{ name, address: 'a@b.example' }])
        assert.equal(envelope.subject, subject)
        assert.deepEqual(
          envelope.to.map(({ address }) => address),
          ['c@d.example', 'e@f.example'],
        )
      }),
      { numRuns: 60 },
    )
  })
  it('reads of an ENVELOPE as many people as are asked for, and of a name what anybody reads', () => {
    const name = `"${'n'.repeat(9000)}\\""`
    const to = Array.from({ length: 9000 }, (_, nth) => `p${nth}@example.org`).join(',\r\n ')
    const octets = Buffer.from(
      `From: ${name} <a@b.example>\r\nTo: ${to}\r\nCc: c@d.example\r\nMessage-ID: <i@d>\r\n\r\n`,
    )
    const envelope = readEnvelope(prepare(octets).envelope, 12)
    assert.deepEqual(envelope.to.at(-1), { name: '', address: 'p11@example.org' })
    assert.deepEqual([envelope.to.length, envelope.cc.length, envelope.messageId], [12, 1, '<i@d>'])
    assert.equal(envelope.from[0]?.name.length, 4000)
  })
  it('reads the ENVELOPE of anything', () => {
    const header = fc.constantFrom(
      'From: ',
      'To: ',
      'Subject: ',
      'Cc: ',
      '\r\n',
      ' ',
      '"',
      '\\',
      '(',
      ')',
      '<',
      '>',
      '=?utf-8?q?',
      '?=',
      ':',
      ';',
      ',',
      '@',
    )
    const pieces = fc.array(fc.oneof(header, fc.string()), { maxLength: 40 })
    fc.assert(
      fc.property(pieces, (all) => {
        const { subject, from } = readEnvelope(prepare(Buffer.from(all.join(''))).envelope, 5)
        assert.ok(typeof subject === 'string' && Array.isArray(from))
      }),
      { numRuns: 300 },
    )
  })
  it('tells files from text and from pictures inside the HTML, with names that are safe', async () => {
    const octets = await built({
      from: 'a@b.example',
      html: '<img src="cid:logo">',
      text: 'x',
      attachments: [
        { cid: 'logo', filename: 'logo.png', content: 'x', contentDisposition: 'inline' },
        { filename: 'C:\\windows\\a.pdf', content: 'x' },
        { filename: '..', content: 'x', contentType: 'text/html' },
      ],
    })
    const { files } = bodiesOf(prepare(octets).structure)
    assert.deepEqual(
      files.map(({ part }) => fileNameOf(part)),
      ['a.pdf', 'text.html'],
    )
  })
  it('cuts a long name to what file systems take, between characters, and the extension stays', () => {
    const named = (name: string): string => {
      const encoded = [...Buffer.from(name)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')
      return fileNameOf(
        prepare(Buffer.from(`Content-Disposition: attachment; filename*=utf-8''${encoded}\r\n\r\n`)).structure,
      )
    }
    assert.equal(named(`${'q'.repeat(260)}.pdf`), `${'q'.repeat(236)}.pdf`)
    assert.equal(named(`${'\u{1f600}'.repeat(160)}.tar.gz`), `${'\u{1f600}'.repeat(59)}.gz`)
    assert.equal(named(`${'\u65e5'.repeat(160)}.docx`), `${'\u65e5'.repeat(78)}.docx`)
    assert.equal(named(`${'q'.repeat(260)}.${'x'.repeat(260)}`), 'q'.repeat(240))
    assert.equal(named(`${'q'.repeat(236)}.pdf`), `${'q'.repeat(236)}.pdf`)
    // Systems that take dots and blanks at the end away would make another extension of it.
    assert.equal(named('a.txt. . .'), 'a.txt')
    assert.equal(named('a\u200efdp.txt\u0085'), 'afdp.txt')
  })
  for (const [query, kinds, note] of [
    ['', 'all'],
    ['lunch', 'text'],
    ['from:ann -is:read "two words"', 'field not text'],
    ['has:attachment filename:"a b.pdf" bcc:x', 'attachment attachment field'],
    ['on:2026/1/31 since:2026-01-31 smaller:2g', 'day day smaller'],
    ['before:2026-01-31 after:2026-99-99', 'day text', /^"after:" takes a date such as 2026-01-31; /],
    ['after:2026-02-31', 'text', /takes a date/],
    ['larger:1M larger:x', 'larger text', /^"larger:" takes a size /],
    ['is:nothing', 'text', /^"is:" takes unread, /],
    ['is:constructor', 'text', /^"is:" takes unread, /],
    ['has:wings', 'text', /^"has:" takes attachment; "has:wings" was searched as text\.$/],
    ['colour:red', 'text', /^"colour:" is no word of the search; "colour:red" was searched as text\.$/],
    ['10:30 https://a.example/', 'text text'],
    [Array(31).fill('x').join(' '), Array(30).fill('text').join(' '), /^Only the first 30 words/],
  ] as const) {
    it(`understands the search ${JSON.stringify(query)}`, () => {
      const { key, notes } = searchOf(query)
      assert.equal(key.kind === 'and' ? key.keys.map(({ kind }) => kind).join(' ') : key.kind, kinds)
      if (note) assert.match(notes.join('|'), note)
      else assert.deepEqual(notes, [])
    })
  }
  it('knows in which mailbox to look', () => {
    const { key, mailbox, notes } = searchOf('in:"Old mail" lunch')
    assert.deepEqual([key.kind, mailbox, notes], ['and', 'Old mail', []])
    assert.deepEqual(searchOf('in:a in:b').notes, ['Only one mailbox is searched at a time.'])
  })
  it('checks what comes in', () => {
    const schema = object({
      a: text(3),
      b: optional(list(whole(1), 2)),
      c: optional(choice('x', 'y')),
      d: optional(flag()),
    })
    assert.deepEqual(schema.read({ a: 'abc', b: ['7'], d: 'true' }, ''), { a: 'abc', b: [7], c: undefined, d: true })
    for (const bad of [
      null,
      [],
      { a: 'abcd' },
      { a: 1 },
      { a: '', b: [1, 2, 3] },
      { a: '', b: [0] },
      { a: '', c: 'z' },
      { a: '', e: 1 },
      { a: '', d: 2 },
      {},
    ]) {
      assert.throws(() => schema.read(bad, ''), Invalid, JSON.stringify(bad))
    }
  })
  it('says every mistake in the settings', () => {
    const ini = {
      main: { metrics_from: 'nonsense', max_body: 'big' },
      session: { lock_idle: '2h' },
      administrator: { root: 'yes' },
    }
    assert.throws(() => httpSettings(ini), /max_body.*|lock_idle/)
    assert.throws(() => httpSettings(ini), /metrics_from: nonsense is no address/)
    assert.throws(() => httpSettings(ini), /unknown setting administrator\.root/)
  })
})
