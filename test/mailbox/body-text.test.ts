import assert from 'node:assert/strict'
import { partTexts } from '../../lib/mailbox/search/body-text'
import { prepare } from '../../lib/mime/prepare'
import { bodyText } from '../../lib/mime/text/search-text'
import { createPool, type Pool } from '../../lib/work/pool'

const KILOBYTES = 1024

/** Lines whose characters have one to four octets. */
const prose = (lines: number): string =>
  Array.from({ length: lines }, (_, nth) => `line ${nth} GRÜSSE из Москвы 東京 \u{1f600} end\r\n`).join('')
const lined = (text: string, length: number): string => text.replace(new RegExp(`(.{${length}})`, 'g'), '$1\r\n')
function quotedPrintable(octets: Buffer): string {
  const encoded = octets
    .toString('latin1')
    .replace(/[=\x80-\xff]/g, (octet) => `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
  return encoded.replace(/[^\r\n]{1,70}(?:=[0-9A-F]{2})?(?=[^\r\n])/g, (line) =>
    /=.?$/.test(line) ? line : `${line}=\r\n`,
  )
}

describe('texts of a message, in pieces', () => {
  let pool: Pool
  before(() => {
    pool = createPool({ threads: 1 })
  })
  after(() => pool.close())

  async function pieces(header: string, body: string) {
    const octets = Buffer.concat([Buffer.from(`${header}\r\n\r\n`, 'latin1'), Buffer.from(body, 'latin1')])
    const part = prepare(octets).structure
    const found: string[] = []
    for await (const text of partTexts(pool, 'ann', part, async (start, end) => octets.subarray(start, end)))
      found.push(text)
    return { found, whole: bodyText(part, octets.subarray(part.bodyStart, part.bodyEnd)) }
  }
  const latin1 = (octets: Buffer): string => octets.toString('latin1')
  const utf8 = Buffer.from(prose(6000))

  for (const [what, header, body] of [
    ['8bit', 'Content-Type: text/plain; charset=utf-8', latin1(utf8)],
    [
      'base64 in lines',
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64',
      lined(utf8.toString('base64'), 76),
    ],
    [
      'base64 in odd lines',
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64',
      lined(utf8.toString('base64'), 61),
    ],
    [
      'base64 in one line',
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64',
      utf8.toString('base64'),
    ],
    [
      'quoted-printable',
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable',
      quotedPrintable(utf8),
    ],
    ['one long line', 'Content-Type: text/plain; charset=utf-8', latin1(Buffer.from('日本語とгруппа'.repeat(8000)))],
    [
      'one long line of quoted-printable',
      'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable',
      'a=E4b=FC'.repeat(40_000),
    ],
    [
      'a charset of Japan',
      'Content-Type: text/plain; charset=shift_jis',
      Buffer.from('93fa967b8cea', 'hex').toString('latin1').concat('\r\n').repeat(20_000),
    ],
  ] as const) {
    it(`${what}: many pieces, together what the whole says`, async () => {
      const { found, whole } = await pieces(header, body)
      assert.ok(found.length > 1, `${found.length} piece of ${body.length} octets`)
      assert.ok(found.every((text) => text.length <= 130 * KILOBYTES))
      assert.ok(found.join('') === whole, 'the pieces are not the whole')
    })
  }

  it('large HTML is read in a thread, and its source in pieces', async () => {
    const { found } = await pieces(
      'Content-Type: text/html; charset=utf-8',
      '<p>One <b>bo</b>ld word</p>'.repeat(10_000),
    )
    assert.ok(found[0]?.includes('ONE BOLD WORD'))
    assert.ok(found.at(-1)?.includes('<B>BO</B>LD'))
  })
})
