import assert from 'node:assert/strict'
import fc from 'fast-check'
import { prepare } from '../../lib/mime/prepare'
import { bodiesOf, hasFiles, type Leaf, leavesOf } from '../../lib/mime/read/bodies'
import { partAt } from '../../lib/mime/read/section'

/** A part: its header lines, and its body or its parts. */
type Tree = readonly [header: string, body: string | readonly Tree[]]
let boundaries = 0

function written([header, body]: Tree): string {
  if (typeof body === 'string') return `${header}\r\n\r\n${body}`
  const boundary = `b${boundaries++}`
  const parts = body.map((part) => `--${boundary}\r\n${written(part)}\r\n`)
  return `${header}; boundary=${boundary}\r\n\r\n${parts.join('')}--${boundary}--\r\n`
}
const structureOf = (tree: Tree) => prepare(Buffer.from(written(tree))).structure

const PLAIN: Tree = ['Content-Type: text/plain', 'p']
const HTML: Tree = ['Content-Type: text/html', '<p>h']
const PDF: Tree = ['Content-Type: application/pdf', 'x']
const PNG: Tree = ['Content-Type: image/png\r\nContent-ID: <a@b>\r\nContent-Disposition: inline', 'x']
const MESSAGE: Tree = ['Content-Type: message/rfc822', 'Subject: s\r\n\r\nx']
const CALENDAR: Tree = ['Content-Type: text/calendar', 'x']
const named = (type: string, disposition = ''): Tree => [`Content-Type: ${type}; name=n${disposition}`, 'x']
const many = (subtype: string, ...parts: Tree[]): Tree => [`Content-Type: multipart/${subtype}`, parts]

describe('what of a message is shown, and what is listed', () => {
  const numbers = (leaves: readonly Leaf[]): string => leaves.map(({ path }) => path).join(' ')
  const rows: readonly (readonly [
    what: string,
    tree: Tree,
    text: string,
    html: string,
    files: string,
    pictures?: string,
  ])[] = [
    ['a text', PLAIN, '1', '1', ''],
    ['a picture alone', PNG, '', '', '1'],
    ['a text that is attached', ['Content-Type: text/plain\r\nContent-Disposition: attachment', 'x'], '', '', '1'],
    ['a choice', many('alternative', PLAIN, HTML), '1', '2', ''],
    ['a choice with an invitation', many('alternative', PLAIN, HTML, CALENDAR), '1', '2', '3'],
    ['a choice without HTML', many('alternative', PLAIN, CALENDAR), '1', '1', '2'],
    ['a choice whose forms have names', many('alternative', named('text/plain'), named('text/html')), '1', '2', ''],
    ['texts one after the other', many('mixed', PLAIN, HTML, PLAIN), '1 2 3', '1 2 3', ''],
    ['a text and a page with a name', many('mixed', PLAIN, named('text/html')), '1', '1', '2'],
    ['a text with a name that comes first', many('mixed', named('text/plain'), PDF), '1', '1', '1 2'],
    ['a text and a picture with a Content-ID', many('mixed', PLAIN, PNG), '1', '1', '2'],
    ['a text, and a choice', many('mixed', PLAIN, many('alternative', PLAIN, HTML), PDF), '1 2.1', '1 2.2', '3'],
    ['a page with its pictures', many('related', HTML, PNG, PDF), '1', '1', '3', '2'],
    [
      'a choice with the pictures of its page',
      many('related', many('alternative', PLAIN, HTML), PNG),
      '1.1',
      '1.2',
      '',
      '2',
    ],
    [
      'a choice of which one form has pictures',
      many('alternative', PLAIN, many('related', HTML, PNG)),
      '1',
      '2.1',
      '',
      '2.2',
    ],
    ['pictures that belong to a plain text', many('related', PLAIN, PNG), '1', '1', '2'],
    ['texts beside a page', many('related', HTML, PLAIN, HTML), '1', '1', '2 3'],
    ['a page that comes after its picture', many('related', PNG, HTML), '2', '2', '', '1'],
    [
      'a root that is named',
      [
        'Content-Type: multipart/related; start="<r@b>"',
        [PLAIN, ['Content-Type: text/html\r\nContent-ID: <r@b>', 'x']],
      ],
      '2',
      '2',
      '1',
    ],
    ['a form that is made of texts', many('alternative', PLAIN, many('mixed', HTML, PDF, HTML)), '1', '2.1 2.3', '2.2'],
    ['messages', many('digest', MESSAGE, MESSAGE), '', '', '1 2'],
    ['a report', many('report', PLAIN, ['Content-Type: message/delivery-status', 'x'], MESSAGE), '1', '1', '2 3'],
    ['a signature', many('signed', PLAIN, ['Content-Type: application/pgp-signature', 'x']), '1', '1', '2'],
    ['a multipart of no known kind', many('x', PLAIN, ['Content-Type: text/csv', 'x'], HTML), '1 3', '1 3', '2'],
  ]
  for (const [what, tree, text, html, files, pictures = ''] of rows) {
    it(what, () => {
      const bodies = bodiesOf(structureOf(tree))
      assert.equal(numbers(bodies.text), text, 'text')
      assert.equal(numbers(bodies.html), html, 'html')
      assert.equal(numbers(bodies.files), files, 'files')
      assert.equal(numbers(bodies.pictures), pictures, 'pictures')
      assert.equal(hasFiles(structureOf(tree)), files !== '')
    })
  }
  it('leaves nothing out, whatever the tree is, and each number names its part', () => {
    const leaf = fc.constantFrom(
      PLAIN,
      HTML,
      PDF,
      PNG,
      MESSAGE,
      CALENDAR,
      named('text/plain'),
      named('text/html'),
      named('image/tiff', '\r\nContent-Disposition: inline'),
    )
    const tree: fc.Arbitrary<Tree> = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .tuple(
            fc.constantFrom('mixed', 'alternative', 'related', 'signed', 'digest'),
            fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
          )
          .map(([subtype, parts]) => many(subtype, ...(parts as Tree[]))), // what letrec ties has no type
      ),
    })).tree as fc.Arbitrary<Tree>
    fc.assert(
      fc.property(tree, (made) => {
        const root = structureOf(made)
        const { text, html, files, pictures } = bodiesOf(root)
        const reached = new Set([...text, ...html, ...files, ...pictures].map(({ path }) => path))
        for (const { path, part } of leavesOf(root)) {
          // Of a choice, another form is shown.
          const numbersOf = path.split('.').map(Number)
          const others = numbersOf
            .map((_, level) => numbersOf.slice(0, level))
            .filter((form) => (form.length === 0 ? root : partAt(root, form))?.subtype === 'alternative')
          const chosen = others.some((form) => [...reached].some((other) => other.startsWith(form.join('.'))))
          assert.ok(reached.has(path) || chosen, path)
          assert.equal(partAt(root, path.split('.').map(Number)), part)
        }
      }),
      { numRuns: 300 },
    )
  })
  it('numbers the parts of a message inside by the outer one', () => {
    const inner = many('alternative', PLAIN, HTML)
    const root = structureOf(many('mixed', PLAIN, ['Content-Type: message/rfc822', written(inner)], MESSAGE))
    for (const [index, paths] of [
      [1, '2.1 2.2'],
      [2, '3.1'],
    ] as const) {
      const message = root.children[index]?.message
      assert.ok(message)
      const leaves = leavesOf(message, [index + 1])
      assert.equal(numbers(leaves), paths)
      for (const { path, part } of leaves) assert.equal(partAt(root, path.split('.').map(Number)), part)
    }
  })
})
