import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { sortRows } from '../../lib/search/sort'
import { fold } from '../../lib/terms/casemap'

/** where letters have a case or a compatible form; all of Unicode takes a minute */
const BLOCKS = process.env.MAILBOX_LONG
  ? '0x80 .. 0xabff, 0xe000 .. 0x1ffff'
  : '0x80 .. 0x5ff, 0x10a0 .. 0x10ff, 0x1c80 .. 0x1cbf, 0x1e00 .. 0x1fff, 0x2100 .. 0x218f, 0x2460 .. 0x24ff, 0xa640 .. 0xa7ff, 0xfb00 .. 0xfb1f, 0xff00 .. 0xffef'

/** Letters that have no title case as one character, and have one in pieces: RFC 5051 takes the title case first. */
const plain = (text: string): string => text.replace(/[\u0345\u0390\u03b0\u01f0\u1e96-\u1e99\u1f00-\u1fff]/g, '')

describe('i;unicode-casemap (RFC 5051)', () => {
  const same: readonly (readonly [string, string])[] = [
    ['abc', 'ABC'],
    ['a\u0308', '\u00c4'],
    ['\u01c4', '\u01c6'],
    ['\u03bf\u03b4\u03bf\u03c2', '\u039f\u0394\u039f\u03a3'],
    ['\u1f80', '\u1f88'],
    ['\uff21', 'a'],
    ['\u2460', '1'],
    ['\u1100\u1161', '\uac00'],
  ]
  for (const [a, b] of same) it(`${a} is ${b}`, () => assert.equal(fold(a), fold(b)))
  const different: readonly (readonly [string, string])[] = [
    // Simple title case: one letter stays one letter.
    ['\u00df', 'ss'],
    ['\u00e4', 'a'],
    ['\ufb01', 'FI'],
    // One syllable is not the start of another.
    ['\uac00', '\uac01'],
  ]
  for (const [a, b] of different) it(`${a} is not ${b}`, () => assert.notEqual(fold(a), fold(b)))
  it('a syllable of Hangul is not found in another', () => assert.ok(!fold('\uac01').includes(fold('\uac00'))))

  it('sorts by octets of UTF-8, also beyond the 16 bits of one unit', async () => {
    const subjects = ['\u{1f600}', '\ufffd', '\u{10428}', '\ue000', '\ud7ff', 'z', '\u{10fffd}', '', 'za']
    const rows = subjects.map((subject, at) => ({
      internalDate: at,
      size: 1,
      keys: {
        ...{ sentAt: undefined, sortFrom: '', sortTo: '', sortCc: '', displayFrom: '', displayTo: '' },
        baseSubject: fold(subject),
      },
    }))
    const octets = (a: string, b: string): number => Buffer.compare(Buffer.from(fold(a)), Buffer.from(fold(b)))
    const sorted = await sortRows(rows, [{ by: 'subject', reverse: false }])
    assert.deepEqual(
      sorted.map(({ keys }) => keys.baseSubject),
      subjects.toSorted(octets).map(fold),
    )
  })

  it('is in the order of title case', () => {
    const subjects = ['alpha', '[xyz]', '_under', 'Zeta', '{brace', '^hat', 'aZ', 'a_', 'a[x]']
    assert.deepEqual(
      [...subjects].sort((a, b) => (fold(a) < fold(b) ? -1 : 1)),
      ['alpha', 'aZ', 'a[x]', 'a_', 'Zeta', '[xyz]', '^hat', '_under', '{brace'],
    )
  })
  it('does not depend on how a character is put together', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }).map(plain), (text) => {
        assert.equal(fold(text), fold(text.normalize('NFD')))
      }),
    )
  })

  it("agrees with Perl's copy of UnicodeData.txt", function () {
    this.timeout(60_000)
    const script = `use Unicode::UCD 'charinfo';
      for my $c (${BLOCKS}) { my $i = charinfo($c) or next;
        printf "%x %s %s\\n", $c, $i->{title} || sprintf('%04X', $c), $i->{decomposition} if $i->{title} || $i->{decomposition} }`
    const perl = spawnSync('perl', ['-e', script], { maxBuffer: 1 << 26 })
    if (perl.status !== 0) this.skip()
    const rows = perl.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => {
        const [code = '', title = '', ...decomposition] = line.split(' ')
        const to = decomposition.filter((one) => /^[0-9A-F]+$/.test(one)).map((one) => Number.parseInt(one, 16))
        return { code: Number.parseInt(code, 16), title: Number.parseInt(title, 16), to }
      })
    const byCode = new Map(rows.map((row) => [row.code, row]))
    const decomposed = (code: number): readonly number[] => {
      const to = byCode.get(code)?.to ?? []
      return to.length === 0 ? [code] : to.flatMap(decomposed)
    }
    assert.ok(rows.length > 1000)
    for (const { code, title } of rows) {
      // Jamo in compatibility forms are put together again, as others write them.
      const expected = String.fromCodePoint(...decomposed(title)).normalize('NFKD')
      const composed = expected.replace(/[\u1100-\u11ff]+/g, (jamo) => jamo.normalize('NFC'))
      assert.equal(fold(String.fromCodePoint(code)), composed, code.toString(16))
    }
  })
})
