import assert from 'node:assert/strict'
import { type OwnMail, ownMail, postmasterOf } from '../../lib/delivery/own-mail/own-mail'
import { senderOf } from '../../lib/delivery/own-mail/vacation'
import { prepare } from '../../lib/mime/prepare'
import { partText } from '../../lib/mime/text/text'

const mail = async (given: Partial<OwnMail>): Promise<string> =>
  (
    await ownMail({
      from: postmasterOf('ann@example.org'),
      to: ['bob@example.net'],
      subject: 'hello',
      body: { text: 'text' },
      automatic: 'auto-generated',
      now: 0,
      ...given,
    })
  ).toString('latin1')

describe('mail that the server writes', () => {
  it('has the fields of RFC 5322 3.6, and a Message-ID of its own each time', async () => {
    const [one, two] = [await mail({}), await mail({})]
    for (const line of [
      /^From: Mail system <postmaster@example\.org>\r$/m,
      /^To: bob@example\.net\r$/m,
      /^Date: Thu, 01 Jan 1970 00:00:00 \+0000\r$/m,
      /^Auto-Submitted: auto-generated\r$/m,
      /^Message-ID: <[^<>@]+@example\.org>\r$/m,
      /^MIME-Version: 1\.0\r$/m,
    ])
      assert.match(one, line)
    assert.notEqual(/^Message-ID: .*$/m.exec(one)?.[0], /^Message-ID: .*$/m.exec(two)?.[0])
  })

  it('RFC 5322 3.6.4: a Message-ID is ASCII, also of a domain that is not', async () => {
    const text = await mail({ from: postmasterOf('ann@b\u00fccher.example') })
    assert.match(text, /^Message-ID: <[^<>@]+@xn--bcher-kva\.example>\r$/m)
    assert.match(text, /^From: Mail system <postmaster@xn--bcher-kva\.example>\r$/m)
  })

  it('RFC 2047 5 (3): of a sender only the name is encoded', async () => {
    const text = await mail({ from: senderOf('Bob M\u00f6ller <bob@example.test>', 'ann@example.org') })
    assert.match(text, /^From: =\?UTF-8\?Q\?Bob_M=C3=B6ller\?= <bob@example\.test>\r$/m)
  })

  it('RFC 5230 4.3: what is no one address is not said; the owner is', () => {
    for (const said of ['Bob', 'a@b, c@d', '<>', 'a b', undefined])
      assert.equal(senderOf(said, 'ann@example.org').address, 'ann@example.org', said)
    assert.deepEqual(senderOf('"B, ob" <bob@example.test>', 'x'), { name: 'B, ob', address: 'bob@example.test' })
  })

  it('RFC 5322 2.1.1, RFC 2047 2: lines and words stay within their lengths', async () => {
    for (const subject of ['x'.repeat(3000), '\u00e4'.repeat(3000), `${'\u{1f600} '.repeat(500)}`]) {
      const text = await mail({
        subject,
        from: { name: subject, address: 'a@example.org' },
        body: { text: `${'y'.repeat(5000)}\n${'\u00fc'.repeat(2000)}` },
        answers: Buffer.from(`Message-ID: <m@x>\r\nReferences: ${'<r@example.net> '.repeat(500)}\r\n\r\n`),
      })
      for (const line of text.split('\r\n')) assert.ok(line.length <= 998, `${line.length} octets`)
      for (const [word] of text.matchAll(/=\?[^?]+\?[BQ]\?[^?]*\?=/g)) assert.ok(word.length <= 75, word)
    }
  })

  it('no line end of a script ends a field', async () => {
    const text = await mail({
      subject: 'a\r\nBcc: c@example.net\u2028x',
      from: senderOf('A\r\nCc: d@example.net <a@example.org>', 'ann@example.org'),
    })
    assert.doesNotMatch(text, /^(?:Bcc|Cc):/m)
  })

  it('RFC 3834 3.1.4: an answer stands in the thread of its message', async () => {
    const answers = Buffer.from('Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x>\r\n\r\n')
    const text = await mail({ answers })
    assert.match(text, /^In-Reply-To: <3@x>\r\nReferences: <1@x> <2@x> <3@x>\r$/m)
    assert.doesNotMatch(await mail({ answers: Buffer.from('Subject: none\r\n\r\n') }), /References/)
  })

  it('RFC 5230 4.1: an entity goes out as it is, with its own Content fields and no others', async () => {
    const entity = 'Content-Type: text/html; charset=utf-8\nBcc: c@example.net\nMIME-Version: 1.0\n\n<p>away</p>\n'
    const text = await mail({ body: { entity } })
    assert.match(text, /\r\nContent-Type: text\/html; charset=utf-8\r\n\r\n<p>away<\/p>\r\n$/)
    assert.equal(text.match(/^(?:Content-Type|MIME-Version|Content-Transfer-Encoding|Bcc):/gim)?.length, 2)
  })

  it('RFC 2045 6.2: an entity that is no 7bit is encoded, or says so', async () => {
    const long = `Gr\u00fc\u00dfe ${'x'.repeat(2000)}`
    const text = await mail({ body: { entity: `Content-Type: text/plain; charset=utf-8\n\n${long}\n` } })
    assert.ok(text.split('\r\n').every((line) => line.length <= 76 && /^[\x20-\x7e]*$/.test(line)))
    const { structure } = prepare(Buffer.from(text))
    assert.equal(partText(structure, Buffer.from(text).subarray(structure.bodyStart)), `${long}\r\n`)
    const parts = 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\u00e4\n--b--\n'
    assert.match(await mail({ body: { entity: parts } }), /^Content-Transfer-Encoding: 8bit\r$/m)
    const encoded = 'Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n\u00e4\n'
    assert.equal((await mail({ body: { entity: encoded } })).match(/Content-Transfer-Encoding/g)?.length, 1)
  })
})
