import assert from 'node:assert/strict'
import { fromLine, parseFromLine, withOwnMark, withoutOwnMark } from '../../lib/mime/write/mbox-lines'

const MOMENT = Date.UTC(2026, 10, 2, 10, 0, 0)

describe('From_ lines (RFC 4155 appendix A)', () => {
  for (const [line, sender, at] of [
    ['From ann@a.test Mon Nov  2 10:00:00 2026', 'ann@a.test', MOMENT],
    ['From ann@a.test  Mon Nov  2 10:00:00 2026 ', 'ann@a.test', MOMENT],
    ['From ann@a.test Mon Nov 02 10:00 2026', 'ann@a.test', MOMENT],
    ['From ann@a.test Mon Nov  2 11:00:00 +0100 2026', 'ann@a.test', MOMENT],
    ['From ann@a.test Mon Nov  2 11:00:00 2026 +0100', 'ann@a.test', MOMENT],
    ['From 1712345@xxx Mon Nov 02 10:00:00 +0000 2026', '1712345@xxx', MOMENT],
    ['From ann@a.test Mon Nov  2 10:00:00 MET DST 2026', 'ann@a.test', MOMENT],
    ['From ann@a.test Mon Nov  2 10:00:00 2026 PST', 'ann@a.test', MOMENT],
    ['From ann@a.test Mon, 2 Nov 2026 11:00:00 +0100 (CET)', 'ann@a.test', MOMENT],
    ['From uucp Mon Nov  2 10:00:00 2026 remote from oldhost', 'uucp', MOMENT],
    ['From - Mon Nov 02 10:00:00 2026', '-', MOMENT],
    ['From ???@??? Mon Nov 02 10:00:00 2026', '???@???', MOMENT],
    ['From  Mon Nov  2 10:00:00 2026', '', MOMENT],
    ['From ann at a.test  Mon Nov  2 10:00:00 2026', 'ann at a.test', MOMENT],
    ['From "ann b"@a.test Mon Nov  2 10:00:00 2026', '"ann b"@a.test', MOMENT],
    ['From ann@a.test Mon Nov  2 10:00:00 95', 'ann@a.test', Date.UTC(1995, 10, 2, 10)],
  ] as const) {
    it(line, () => assert.deepEqual(parseFromLine(line), { sender, at }))
  }
  for (const line of [
    'From memory, the code is 42.',
    'From : Ann <ann@a.test>',
    'From: ann@a.test',
    'From Monday on, all is well',
    'From what I heard on Mon Nov  2 10:00:00 2026',
    'From ann@a.test Mon Nov 32 10:00:00 2026',
    'From ann@a.test Mon Nov  2 25:00:00 2026',
    'From ann@a.test Mon Nov  2 10:00:00 2026 and so on, it went.',
    'From ann@a.test 10:00:00',
    '>From ann@a.test Mon Nov  2 10:00:00 2026',
    `From ${'a'.repeat(2000)} Mon Nov  2 10:00:00 2026`,
  ]) {
    it(`is text: ${line.slice(0, 60)}`, () => assert.equal(parseFromLine(line), undefined))
  }

  it('what is written can be read, whatever the sender and the date are', () => {
    for (const sender of ['ann@a.test', '', 'a b', 'x"y', '\u00e9'])
      for (const at of [0, MOMENT, -5, 1e15]) {
        const parsed = parseFromLine(fromLine(sender, at))
        assert.ok(parsed, `${sender} ${at}`)
        if (at === MOMENT) assert.equal(parsed.at, at)
      }
  })

  it("fields of the file's names that a message had itself are marked, and come back as they were", () => {
    for (const [line, isFirst, marked] of [
      ['Subject: x', false, false],
      ['Status: RO', false, true],
      ['content-length:5', false, true],
      ['X-Haraka-Export: octets', false, true],
      ['X-Haraka-Own-Status: RO', false, true],
      ['X-Haraka-Own-Subject: x', false, false],
      [' folded', true, true],
      [' folded', false, false],
      ['X-Haraka-Own- folded', false, true],
    ] as const) {
      const written = withOwnMark(line, isFirst)
      assert.equal(written !== line, marked, line)
      assert.equal(withoutOwnMark(written), line)
    }
  })
})
