import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { describe, it } from 'mocha'
import { decodeText, knownCharset } from '../../lib/mime/text/charset'
import { decodeWords } from '../../lib/mime/text/words'

const text = (latin1: string, charset: string): string => decodeText(Buffer.from(latin1, 'latin1'), charset)

describe('charsets of mail', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    // A wrong sequence is replaced alone.
    ['utf-8', 'Gr\xc3\xbc\xc3\x9fe \xe4 K\xc3\xb6ln', 'Grüße \ufffd Köln'],
    ['utf8', '\xe2\x82b\xe2\x82\xac', '\ufffdb€'],
    ['unicode-1-1-utf-8', '\xc3\xa4', 'ä'],
    ['utf-8', '\xef\xbb\xbfa', 'a'],
    ['gb2312', '\xc4\xe3\xffA\xc4\xe3', '你\ufffdA你'],
    ['shift_jis', '\x81\n\x83e', '\ufffd\nテ'],
    // Supersets, as clients read them.
    ['gb2312', '\x81\x30\x89\x38', 'ß'],
    ['ks_c_5601-1987', '\x81\x41', '갂'],
    ['euc-kr', '\x81\x41', '갂'],
    ['cp932', '\x87\x40', '①'],
    ['x-sjis', '\x87\x40', '①'],
    ['x-euc-jp', '\x8f\xb0\xa1\x8e\xb1', '丂ｱ'],
    ['big5', '\x87\x40', '䏰'],
    ['iso-8859-1', '\x80\xe4', '€ä'],
    ['iso8859-1', '\x80', '€'],
    ['ISO_8859-1:1987', '\x80', '€'],
    ['latin1', '\x80', '€'],
    ['iso-8859-9', '\x80', '€'],
    ['iso-8859-8-i', '\xe0', 'א'],
    ['win-1251', '\xcf', 'П'],
    ['x-mac-roman', '\x8a', 'ä'],
    ['x-mac-ce', '\xde', 'ř'],
    ['Extended_UNIX_Code_Packed_Format_for_Japanese', '\xc6\xfc', '日'],
    ['tis-620', '\xa1', 'ก'],
    // RFC 1428, and what says nothing.
    ['unknown-8bit', 'Gr\xfc\xdfe', 'Grüße'],
    ['us-ascii', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['x-never-heard-of', 'Gr\xfc\xdfe', 'Grüße'],
    // Most of it is UTF-8.
    ['', 'Gr\xc3\xbc\xc3\x9fe \xe4', 'Grüße \ufffd'],
    ['', '\x1b$B;3\x1b(B', '山'],
    // RFC 2152
    ['utf-7', 'Hi Mom +Jjo-!', 'Hi Mom ☺!'],
    ['unicode-1-1-utf-7', 'A+ImIDkQ.', 'A≢Α.'],
    // RFC 1468 and its kin: escapes where they do not belong, none where they do.
    ['iso-2022-jp', '\x1b$B;3\x1b(B\x1b$BED\x1b(B', '山田'],
    ['iso-2022-jp', '\x1b(Ba\x1b$B\x1b$B;3\x1b$@ED\x1b(Jb\x1b(B', 'a山田b'],
    ['iso-2022-jp', '\x1b$B;3', '山'],
    ['iso-2022-jp', '\x1b$B;3E\x1b(B.', '山\ufffd.'],
    ['iso-2022-jp', '\x1b$B;3\r\n ED\x1b(B', '山\r\n 田'],
    ['iso-2022-jp', 'a\x1bZb', 'a\ufffdZb'],
    ['iso-2022-jp-1', '\x1b$(D0!\x1b(B', '丂'],
    ['iso-2022-jp-2', '\x1b$AVP\x1b$(C0!\x1b(B', '中가'],
    ['iso-2022-jp-2', '\x1b.A\x1bNi\x1b.F\x1bNa', 'éα'],
    ['iso-2022-jp-ms', '\x1b$B-!\x1b(I1\x1b(B', '①ｱ'],
    ['cp50221', '\xb1a\x1b(I1\x1b(B', 'ｱaｱ'],
    ['cp50222', '\x0e1\x0fa', 'ｱa'],
    ['csISO2022JP', '\x1b$B;3\x1b(B', '山'],
    // RFC 1557: designated once, at the start.
    ['iso-2022-kr', '\x1b$)C\x0e0!\x0f a\r\n\x0e0!\x0f', '가 a\r\n가'],
    ['iso-2022-kr', '\x0e0!\n0!', '가\n0!'],
    ['iso-2022-cn', '\x1b$)A\x0eVP\x0f', '中'],
    // RFC 1843 2
    ['hz-gb-2312', '~{VPND~} a~~b', '中文 a~b'],
    ['hz', 'a~\nb~{VP\nVP', 'ab中\nVP'],
    ['hz', '~{VP', '中'],
  ]
  for (const [charset, octets, expected] of rows) {
    it(`${charset || 'none'} ${JSON.stringify(octets)}`, () => assert.equal(text(octets, charset), expected))
  }
  it('knows all of them', () => {
    for (const name of [
      'iso-2022-kr',
      'ISO-2022-JP-MS',
      'hz-gb-2312',
      'utf-7',
      'cp932',
      'ks_c_5601-1987',
      'x-sjis',
      'utf8',
    ])
      assert.ok(knownCharset(name), name)
    for (const name of ['unknown-8bit', 'iso-2022-xx', 'hz-x']) assert.ok(!knownCharset(name), name)
  })

  it("the charsets with shifts read what Python's codecs write", function () {
    if (spawnSync('python3', ['--version']).status !== 0) this.skip()
    const script = `
import json, random
rng = random.Random(1)
texts = {'iso2022_jp': '山田太郎かなカナ', 'iso2022_jp_1': '山丂かな', 'iso2022_jp_2': '山中文가αé', 'iso2022_jp_ext': '山ｱ丂', 'iso2022_kr': '가나다漢字', 'hz': '中文你好'}
for codec, letters in texts.items():
    for _ in range(200):
        text = ''.join(rng.choice(letters + 'abc ,.\\n') for _ in range(rng.randrange(1, 40)))
        print(json.dumps([codec.replace('_', '-').replace('iso2022', 'iso-2022'), text, text.encode(codec).decode('latin1')]))
`
    const lines = execFileSync('python3', ['-c', script]).toString().trim().split('\n')
    assert.equal(lines.length, 1200)
    for (const line of lines) {
      const [charset, expected, octets]: [string, string, string] = JSON.parse(line)
      assert.equal(text(octets, charset), expected, line)
    }
  })
  it('is linear', () => {
    for (const bomb of ['\x1b', '\x1b$B', '\x1b$B;3\x1b(B', '\x0e0!\x0f', '\x1b.A\x1bNi', '\x1b$B;']) {
      for (const charset of ['iso-2022-jp', 'iso-2022-kr', ''])
        assert.ok(text(bomb.repeat(100_000), charset).length <= bomb.length * 100_000)
    }
    for (const bomb of ['~', '~{', '~{VP~}', '~~', '~\n'])
      assert.ok(text(bomb.repeat(200_000), 'hz').length <= 1e6 + 400_000)
    assert.ok(text('+'.repeat(500_000), 'utf-7').length <= 500_000)
  })
})

describe('neighbouring encoded words (RFC 2047 6.2)', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['=?ISO-2022-JP?B?GyRCOzMbKEI=?= =?ISO-2022-JP?B?GyRCRUQbKEI=?=', '山田'],
    // No way back to ASCII in the first: the second begins in ASCII all the same.
    ['=?ISO-2022-JP?B?GyRCOzM=?= =?ISO-2022-JP?Q?abc?=', '山abc'],
    ['=?utf-8?B?w6Q=?= =?utf-8?Q?=FF?= =?utf-8?B?w6Q=?=', 'ä\ufffdä'],
    ['=?utf-8?Q?=C3?= =?utf-8?Q?a?=', '\ufffda'],
    ['=?gb2312?B?xA==?= =?gb2312?B?4w==?=', '你'],
    ['=?big5?Q?=A4?=\t=?BIG5?Q?=A4?=', '中'],
    // The base64 was cut, not the octets.
    ['=?utf-8?B?w6?= =?utf-8?B?Q=?=', 'ä'],
    ['=?utf-8?B?YQ?= =?utf-8?B?Yg?=', 'ab'],
    // One charset by two names.
    ['=?utf-8?Q?=E6=97?= =?UTF8?Q?=A5?=', '日'],
    ['=?gb2312?Q?=D6?= =?GBK?Q?=D0?=', '中'],
    ['=?unknown-8bit?Q?=C3?= =?unknown-8bit?Q?=A4?=', 'ä'],
    ['=?utf-8?Q?a?==?utf-8?Q?b?=', 'ab'],
    ['=?utf-8?Q?Why??= =?utf-8?Q?_so=3F?=', 'Why? so?'],
    ['=?utf-8?B?SGVs-bG8?=', 'Hello'],
    ['=?utf-8?Q??= x', ' x'],
    ['=?hz-gb-2312?Q?=7E{VP=7E}?=', '中'],
  ]
  for (const [words, expected] of rows) it(words, () => assert.equal(decodeWords(words), expected))
  it('is linear', () => {
    for (const bomb of ['=?a?Q?', '=?a?q?x ', '=?utf-8?Q?=C3?= ', '=?utf-8?B?w6?= ', '=?', '?=', '=?=', '=?a?q?=?=?'])
      assert.ok(decodeWords(bomb.repeat(60_000)).length <= bomb.length * 60_000)
  })
})
