import assert from 'node:assert/strict'
import fc from 'fast-check'
import { prepare } from '../../lib/mime/prepare'
import { sectionRange } from '../../lib/mime/read/section'

/**
 * Messages that are put together from parts, so that what IMAP must say of them is known without parsing: BODYSTRUCTURE and
 * ENVELOPE as text, and the octets of every section (RFC 9051 6.4.5.1, 7.5.2).
 */
type Tree =
  | { readonly kind: 'text'; readonly subtype: string; readonly body: string; readonly name: string | undefined }
  | { readonly kind: 'binary'; readonly body: string; readonly filename: string }
  | { readonly kind: 'multipart'; readonly subtype: string; readonly parts: readonly Tree[]; readonly noise: boolean }
  | { readonly kind: 'message'; readonly subject: string; readonly to: string; readonly inside: Tree }

interface Composed {
  /** header fields of the part, each with its CRLF */
  readonly header: string
  readonly body: string
  /** BODYSTRUCTURE */
  readonly structure: string
  /** what is below, by section: `1`, `1.MIME`, `2.HEADER` */
  readonly sections: ReadonlyMap<string, string>
}

const words = fc.array(fc.constantFrom('a', 'bc', 'def', '\r\n', ' ', '--', '--x', '.', '='), { maxLength: 12 })
const text = words.map((list) => list.join(''))
const token = fc.constantFrom('a.txt', 'b', 'c_d-e.pdf')
/** as it stands in the header, and what BODYSTRUCTURE says */
const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({
      kind: fc.constant('text' as const),
      subtype: fc.constantFrom('plain', 'html', 'X-Odd'),
      body: text,
      name: fc.option(token, { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('binary' as const), body: fc.constantFrom('QUFB', 'QQ==\r\n', ''), filename: token }),
    fc.record({
      kind: fc.constant('multipart' as const),
      subtype: fc.constantFrom('mixed', 'alternative', 'related'),
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      noise: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('message' as const),
      subject: fc.constantFrom('s', 'two words', 'quo"ted \\ back', '=?utf-8?q?=C3=A4?='),
      to: fc.constantFrom('', 'x@example.net', 'Group: a@example.net, "B, c" <b@example.org>;', 'u:;'),
      inside: tie('tree'),
    }),
  ),
}))

/** lines that end, and one that does not */
const linesOf = (body: string): number => body.split('\r\n').length - (body === '' || body.endsWith('\r\n') ? 1 : 0)
const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`
const ADDRESSES: Readonly<Record<string, string>> = {
  '': 'NIL',
  'x@example.net': '((NIL NIL "x" "example.net"))',
  'Group: a@example.net, "B, c" <b@example.org>;':
    '((NIL NIL "Group" NIL)(NIL NIL "a" "example.net")("B, c" NIL "b" "example.org")(NIL NIL NIL NIL))',
  'u:;': '((NIL NIL "u" NIL)(NIL NIL NIL NIL))',
}
const envelope = (subject: string, to: string): string =>
  `(NIL ${quoted(subject)} NIL NIL NIL ${ADDRESSES[to]} NIL NIL NIL NIL)`

/** Sections of a message: its header and text, and its body's parts, which are part 1 when it is no multipart. */
function sectionsOf(tree: Tree, part: Composed, header: string): Map<string, string> {
  const below = tree.kind === 'multipart' ? '' : '1.'
  const sections = new Map([...part.sections].map(([section, octets]) => [`${below}${section}`, octets] as const))
  if (tree.kind !== 'multipart') sections.set('1', part.body)
  return sections.set('HEADER', header).set('TEXT', part.body)
}

function compose(tree: Tree, depth: number): Composed {
  const sections = new Map<string, string>()
  switch (tree.kind) {
    case 'text': {
      const type = `text/${tree.subtype}`
      const name = tree.name === undefined ? '' : `;\r\n\tname="${tree.name}"`
      const params = tree.name === undefined ? '("charset" "utf-8")' : `("charset" "utf-8" "name" "${tree.name}")`
      return {
        header: `Content-Type: ${type}; charset=utf-8${name}\r\nContent-Transfer-Encoding: 8bit\r\n`,
        body: tree.body,
        structure: `("text" "${tree.subtype}" ${params} NIL NIL "8bit" ${tree.body.length} ${linesOf(tree.body)} NIL NIL NIL NIL)`,
        sections,
      }
    }
    case 'binary':
      return {
        header: `Content-Type: application/octet-stream\r\nContent-ID: <i@x>\r\nContent-Description: what it is\r\nContent-Disposition: attachment; filename=${tree.filename}\r\nContent-Transfer-Encoding: base64\r\n`,
        body: tree.body,
        structure: `("application" "octet-stream" NIL "<i@x>" "what it is" "base64" ${tree.body.length} NIL ("attachment" ("filename" "${tree.filename}")) NIL NIL)`,
        sections,
      }
    case 'multipart': {
      const boundary = `b${depth}-of this`
      let body = tree.noise ? 'a preamble\r\n--not it\r\n' : ''
      let structures = ''
      for (const [index, one] of tree.parts.entries()) {
        const part = compose(one, depth + 1)
        const header = `${part.header}\r\n`
        body += `${index > 0 ? '\r\n' : ''}--${boundary}\r\n${header}${part.body}`
        structures += part.structure
        sections.set(`${index + 1}`, part.body)
        sections.set(`${index + 1}.MIME`, header)
        for (const [section, octets] of part.sections) sections.set(`${index + 1}.${section}`, octets)
      }
      body += `\r\n--${boundary}--${tree.noise ? '  \r\nan epilogue\r\n' : ''}`
      return {
        header: `Content-Type: multipart/${tree.subtype}; boundary="${boundary}"\r\n`,
        body,
        structure: `(${structures} "${tree.subtype}" ("boundary" "${boundary}") NIL NIL NIL)`,
        sections,
      }
    }
    case 'message': {
      const inside = compose(tree.inside, depth + 1)
      const header = `Subject: ${tree.subject}\r\nTo: ${tree.to}\r\n${inside.header}\r\n`
      const body = header + inside.body
      return {
        header: 'Content-Type: message/rfc822\r\n',
        body,
        structure: `("message" "rfc822" NIL NIL NIL "7bit" ${body.length} ${envelope(tree.subject, tree.to)} ${inside.structure} ${linesOf(body)} NIL NIL NIL NIL)`,
        sections: sectionsOf(tree.inside, inside, header),
      }
    }
  }
}

describe('MIME of messages that are put together', () => {
  it('BODYSTRUCTURE, ENVELOPE and every section are what was put in', () => {
    fc.assert(
      fc.property(trees.tree, (tree) => {
        const root = compose(tree, 0)
        const header = `Subject: outer\r\nTo: x@example.net\r\n${root.header}\r\n`
        const bytes = Buffer.from(header + root.body, 'latin1')
        const prepared = prepare(bytes)
        assert.equal(prepared.bodyStructure.toString('latin1'), root.structure)
        assert.equal(prepared.envelope.toString('latin1'), envelope('outer', 'x@example.net'))
        const expected = sectionsOf(tree, root, header)
        for (const [section, octets] of expected) {
          const path = section
            .split('.')
            .filter((word) => /^\d+$/.test(word))
            .map(Number)
          const word = /[A-Z]+$/.exec(section)?.[0] ?? ''
          const what = { HEADER: 'header', TEXT: 'text', MIME: 'mime' } as const
          const range = sectionRange(prepared.structure, {
            path,
            text: word === 'HEADER' || word === 'TEXT' || word === 'MIME' ? what[word] : 'all',
          })
          assert.equal(range && bytes.toString('latin1', range.start, range.end), octets, section)
        }
      }),
      { numRuns: process.env.MAILBOX_LONG ? 200_000 : 1_500 },
    )
  })
})
