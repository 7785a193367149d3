import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { prepare } from '../../lib/mime/prepare'
import type { Part } from '../../lib/mime/prepared'
import { sectionRange } from '../../lib/mime/read/section'
import { MAX_DEPTH, MAX_PARTS } from '../../lib/mime/read/structure'
import { lines, wire } from './message'

/** `multipart/mixed(text/plain[body], ...)` */
function shape(bytes: Buffer, part: Part): string {
  const name = `${part.type}/${part.subtype}`
  if (part.message) return `${name}(${shape(bytes, part.message)})`
  if (part.children.length > 0) return `${name}(${part.children.map((child) => shape(bytes, child)).join(' ')})`
  return `${name}[${wire(bytes.subarray(part.bodyStart, part.bodyEnd)).replace(/\r?\n/g, '|')}]`
}
const shapeOf = (...text: readonly string[]): string => {
  const bytes = lines(...text)
  return shape(bytes, prepare(bytes).structure)
}
const MIXED = 'Content-Type: multipart/mixed; boundary=x'
const INNER = 'Content-Type: multipart/alternative; boundary=y'

describe('MIME structure (RFC 2046)', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    [
      'a boundary ends with no blank, whatever its parameter says',
      [
        'Content-Type: multipart/mixed; boundary="x "',
        '',
        '--x ',
        '',
        'a',
        '--x',
        '',
        'b',
        '--x --',
        'no',
        '--x-- ',
        'c',
      ],
      'multipart/mixed(text/plain[a] text/plain[b|--x --|no])',
    ],
    [
      'a boundary as long as a line',
      [`Content-Type: multipart/mixed; boundary=${'x'.repeat(900)}`, '', `--${'x'.repeat(900)}`, '', 'a'],
      'multipart/mixed(text/plain[a])',
    ],
    [
      'a semicolon in a comment',
      ['Content-Type: multipart (a; b=(c)) / mixed (d;) ; boundary=x', '', '--x', '', 'a', '--x--'],
      'multipart/mixed(text/plain[a])',
    ],
    [
      'preamble and epilogue are no parts',
      [MIXED, '', 'pre', '--x', '', 'a', '--x--', 'epi'],
      'multipart/mixed(text/plain[a])',
    ],
    [
      'the last delimiter may be missing',
      [MIXED, '', '--x', '', 'a', '--x', '', 'b', ''],
      'multipart/mixed(text/plain[a] text/plain[b|])',
    ],
    [
      'the line end belongs to the delimiter',
      [MIXED, '', '--x', '', 'a', '', '--x--'],
      'multipart/mixed(text/plain[a|])',
    ],
    ['an empty part', [MIXED, '', '--x', '', '--x--'], 'multipart/mixed(text/plain[])'],
    [
      'a part without the empty line',
      [MIXED, '', '--x', 'Content-Type: text/html', '--x--'],
      'multipart/mixed(text/html[])',
    ],
    ['blanks after a delimiter', [MIXED, '', '--x \t', '', 'a', '--x-- '], 'multipart/mixed(text/plain[a])'],
    [
      'a delimiter with more after it is text',
      [MIXED, '', '--x', '', '--xx', '--x--'],
      'multipart/mixed(text/plain[--xx])',
    ],
    ['a delimiter inside a line is text', [MIXED, '', '--x', '', 'a--x', '--x--'], 'multipart/mixed(text/plain[a--x])'],
    [
      'an inner multipart ends with the outer one',
      [MIXED, '', '--x', INNER, '', '--y', '', 'a', '--x', '', 'b', '--x--'],
      'multipart/mixed(multipart/alternative(text/plain[a]) text/plain[b])',
    ],
    [
      'the same boundary inside',
      [MIXED, '', '--x', MIXED, '', '--x', '', 'a', '--x--', '--x', '', 'b', '--x--'],
      'multipart/mixed(multipart/mixed(text/plain[a]) text/plain[b])',
    ],
    [
      'a boundary that begins as another one',
      [MIXED, '', '--x', 'Content-Type: multipart/mixed; boundary=xx', '', '--xx', '', 'a', '--xx--', '--x--'],
      'multipart/mixed(multipart/mixed(text/plain[a]))',
    ],
    [
      'a message in a multipart',
      [MIXED, '', '--x', 'Content-Type: message/rfc822', '', INNER, '', '--y', '', 'a', '--y--', '--x--'],
      'multipart/mixed(message/rfc822(multipart/alternative(text/plain[a])))',
    ],
    ['message/global', ['Content-Type: message/global', '', '', 'a'], 'message/global(text/plain[a])'],
    [
      'other message types are octets',
      ['Content-Type: message/delivery-status', '', 'a'],
      'message/delivery-status[a]',
    ],
    [
      'a quoted boundary with specials',
      ['Content-Type: multipart/mixed; boundary="=_(x) ?"', '', '--=_(x) ?', '', 'a', '--=_(x) ?--'],
      'multipart/mixed(text/plain[a])',
    ],
  ]
  for (const [name, text, expected] of rows) it(name, () => assert.equal(shapeOf(...text), expected))

  it('an empty message inside ends no later than what is around it', () => {
    const bytes = lines(MIXED, '', '--x', 'Content-Type: message/rfc822', '', 'Subject: s', '', '--x--')
    const [part] = prepare(bytes).structure.children
    assert.equal(part && wire(bytes.subarray(part.bodyStart, part.bodyEnd)), 'Subject: s\r\n\r\n')
    assert.equal(part?.message?.bodyEnd, part?.bodyEnd)
  })

  it('reads messages with bare LF', () => {
    const bytes = Buffer.from(`${MIXED}\n\n--x\n\na\n--x--\n`)
    assert.equal(shape(bytes, prepare(bytes).structure), 'multipart/mixed(text/plain[a])')
  })

  it('bounds depth and number of parts', () => {
    let nest = ''
    for (let level = 0; level < 3 * MAX_DEPTH; level++)
      nest += `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`
    let depth = 0
    for (let part: Part | undefined = prepare(Buffer.from(nest)).structure; part; part = part.children[0]) depth++
    assert.ok(depth <= MAX_DEPTH + 2, `${depth} levels`)

    const many = Buffer.from(`${MIXED}\r\n\r\n${'--x\r\n\r\na\r\n'.repeat(2 * MAX_PARTS)}--x--\r\n`)
    const { children } = prepare(many).structure
    assert.equal(children.length, MAX_PARTS - 1)
    assert.equal(prepare(Buffer.from('Content-Type: message/rfc822\r\n\r\n'.repeat(5000))).structure.type, 'message')
  })

  it('counts lines of deep messages as of shallow ones', () => {
    const head = 'Content-Type: message/rfc822\r\n\r\n'
    const bytes = Buffer.from(head.repeat(20) + '\r\n'.repeat(5000))
    let part: Part | undefined = prepare(bytes).structure
    for (let level = 1; level < 20; level++) {
      assert.equal(part?.lines, 2 * (20 - level) + 5000)
      part = part?.message
    }
  })
})

describe('sections (RFC 9051 6.4.5.1)', () => {
  // The tree of the RFC's example, smaller.
  const bytes = lines(
    MIXED,
    '',
    '--x',
    '',
    'one',
    '--x',
    'Content-Type: application/octet-stream',
    '',
    'two',
    '--x',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    MIXED.replace('=x', '=z'),
    '',
    '--z',
    'X-A: 1',
    '',
    'three-one',
    '--z',
    'Content-Type: application/x',
    '',
    'three-two',
    '--z--',
    '--x',
    'Content-Type: message/rfc822',
    '',
    'Subject: flat',
    '',
    'flat text',
    '--x--',
    '',
  ) // prettier-ignore
  const root = prepare(bytes).structure
  const rows: readonly (readonly [readonly number[], 'all' | 'header' | 'text' | 'mime', string | undefined])[] = [
    [[], 'header', `${MIXED}||`],
    [[1], 'all', 'one'],
    [[1], 'mime', '|'],
    [[2], 'all', 'two'],
    [[2], 'mime', 'Content-Type: application/octet-stream||'],
    [[2], 'header', undefined],
    [[3], 'mime', 'Content-Type: message/rfc822||'],
    [[3], 'header', 'Subject: inner|Content-Type: multipart/mixed; boundary=z||'],
    [[3, 1], 'all', 'three-one'],
    [[3, 1], 'mime', 'X-A: 1||'],
    [[3, 2], 'all', 'three-two'],
    [[4], 'header', 'Subject: flat||'],
    [[4], 'text', 'flat text'],
    [[4, 1], 'all', 'flat text'],
    [[4, 1], 'mime', 'Subject: flat||'],
    [[4, 1, 1], 'all', undefined],
    [[4, 2], 'all', undefined],
    [[5], 'all', undefined],
    [[0], 'all', undefined],
    [[1, 1], 'all', undefined],
  ]
  for (const [path, text, expected] of rows) {
    it(`${path.join('.')} ${text}`, () => {
      const range = sectionRange(root, { path, text })
      assert.equal(range && wire(bytes.subarray(range.start, range.end)).replace(/\r\n/g, '|'), expected)
    })
  }
  it('header and text together are the message', () => {
    const header = sectionRange(root, { path: [], text: 'header' })
    const text = sectionRange(root, { path: [], text: 'text' })
    assert.deepEqual([header?.start, header?.end, text?.end], [0, text?.start, bytes.length])
  })
  it('part 1 of a message that is no multipart is its body', () => {
    const plain = lines('Subject: s', '', 'body')
    const { structure } = prepare(plain)
    assert.deepEqual(sectionRange(structure, { path: [1], text: 'all' }), { start: 14, end: 18 })
    assert.deepEqual(sectionRange(structure, { path: [1], text: 'mime' }), { start: 0, end: 14 })
    assert.equal(sectionRange(structure, { path: [1, 1], text: 'all' }), undefined)
  })
  it('a message whose body is a message', () => {
    const outer = lines('Content-Type: message/rfc822', '', 'Subject: s', '', 'body')
    const { structure } = prepare(outer)
    const of = (path: readonly number[], text: 'all' | 'header' | 'text') => {
      const range = sectionRange(structure, { path, text })
      return range && wire(outer.subarray(range.start, range.end))
    }
    assert.equal(of([1], 'all'), 'Subject: s\r\n\r\nbody')
    assert.equal(of([1], 'header'), 'Subject: s\r\n\r\n')
    assert.equal(of([1, 1], 'all'), 'body')
    assert.equal(of([1, 1, 1], 'all'), undefined)
  })
})
