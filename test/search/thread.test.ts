import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { byReferences } from '../../lib/search/references'
import { type SortCriterion, type SortRow, sortRows } from '../../lib/search/sort'
import { orderedSubject, type Thread, type ThreadKeys, type ThreadRow, threadText } from '../../lib/search/thread'

interface Row extends ThreadRow, SortRow {
  readonly number: number
  readonly keys: ThreadKeys & SortRow['keys']
}
let counter = 0
function row(number: number, keys: Partial<Row['keys']> & { size?: number; internalDate?: number } = {}): Row {
  const { size = 100, internalDate = 1000 + number, ...others } = keys
  const texts = { sortFrom: '', sortTo: '', sortCc: '', displayFrom: '', displayTo: '' }
  const threading = {
    baseSubject: `s${counter++}`,
    isReply: false,
    messageId: `<${number}>`,
    inReplyTo: '',
    references: [],
  }
  return { number, size, internalDate, keys: { sentAt: undefined, ...texts, ...threading, ...others } }
}
const numberOf = (one: Row): number => one.number
const refs = (...numbers: readonly number[]): string[] => numbers.map((number) => `<${number}>`)
const references = async (...rows: readonly Row[]): Promise<string> => threadText(await byReferences(rows), numberOf)

describe('SORT (RFC 5256)', () => {
  const rows = [
    row(1, { baseSubject: 'b', sentAt: 50, size: 9, sortFrom: 'z', displayFrom: 'anna' }),
    row(2, { baseSubject: 'a', sentAt: 30, size: 7, sortFrom: 'y', displayFrom: 'zoe' }),
    row(3, { baseSubject: 'b', sentAt: 40, size: 7, sortFrom: '', displayFrom: '', internalDate: 1 }),
  ]
  const by = (name: SortCriterion['by'], reverse = false): SortCriterion => ({ by: name, reverse })
  const table: readonly (readonly [string, readonly SortCriterion[], readonly number[]])[] = [
    ['SUBJECT, the sequence number decides', [by('subject')], [2, 1, 3]],
    ['REVERSE SUBJECT does not reverse that', [by('subject', true)], [1, 3, 2]],
    ['SUBJECT REVERSE DATE', [by('subject'), by('date', true)], [2, 1, 3]],
    ['DATE', [by('date')], [2, 3, 1]],
    ['ARRIVAL', [by('arrival')], [3, 1, 2]],
    ['SIZE', [by('size')], [2, 3, 1]],
    ['FROM, the empty text first', [by('from')], [3, 2, 1]],
    ['DISPLAYFROM (RFC 5957)', [by('displayfrom')], [3, 1, 2]],
  ]
  for (const [name, criteria, expected] of table) {
    it(name, async () => assert.deepEqual((await sortRows(rows, criteria)).map(numberOf), expected))
  }
  it('takes the internal date where there is no sent date', async () => {
    const sorted = await sortRows([row(1, { sentAt: 5000 }), row(2)], [by('date')])
    assert.deepEqual(sorted.map(numberOf), [2, 1])
  })
})

describe('THREAD responses (RFC 5256 4)', () => {
  it('writes the example of the RFC', async () => {
    const thread = (number: number, ...children: Thread<Row>[]): Thread<Row> => ({ row: row(number), children })
    const threads = [thread(2), thread(3, thread(6, thread(4, thread(23)), thread(44, thread(7, thread(96)))))]
    assert.equal(await threadText(threads, numberOf), '(2)(3 6 (4 23)(44 7 96))')
    assert.equal(await threadText([{ row: undefined, children: [thread(3), thread(5)] }], numberOf), '((3)(5))')
    assert.equal(await threadText([], numberOf), '')
  })
})

describe('THREAD=ORDEREDSUBJECT (RFC 5256 3)', () => {
  it('puts the earliest of a subject above the others, threads by date', async () => {
    const rows = [
      row(1, { baseSubject: 'b', sentAt: 9 }),
      row(2, { baseSubject: 'a', sentAt: 3 }),
      row(3, { baseSubject: 'b', sentAt: 2 }),
      row(4, { baseSubject: 'a', sentAt: 5 }),
      row(5, { baseSubject: 'a', sentAt: 4 }),
    ]
    assert.equal(await threadText(await orderedSubject(rows), numberOf), '(3 1)(2 (5)(4))')
  })
})

describe('THREAD=REFERENCES (RFC 5256 3)', () => {
  const rows: readonly (readonly [string, readonly Row[], string])[] = [
    ['nothing', [], ''],
    ['a chain', [row(1), row(2, { references: refs(1) }), row(3, { references: refs(1, 2) })], '(1 2 3)'],
    ['In-Reply-To without References', [row(1), row(2, { inReplyTo: '<1>' })], '(1 2)'],
    ['the answer came first', [row(1, { references: refs(2) }), row(2)], '(2 1)'],
    ['siblings', [row(1), row(2, { references: refs(1) }), row(3, { references: refs(1) })], '(1 (2)(3))'],
    ['a missing parent of two', [row(1, { references: refs(9) }), row(2, { references: refs(9) })], '((1)(2))'],
    ['a missing parent of one', [row(1, { references: refs(9) })], '(1)'],
    ['a missing message in the middle', [row(1), row(2, { references: refs(1, 9) })], '(1 2)'],
    [
      'a truncated References is mended',
      [row(1), row(2, { references: refs(1) }), row(3, { references: refs(2) })],
      '(1 2 3)',
    ],
    ['two messages of one id', [row(1), row(2, { messageId: '<1>' }), row(3, { references: refs(1) })], '(1 3)(2)'],
    ['a loop', [row(1, { references: refs(2) }), row(2, { references: refs(1) })], '(2 1)'],
    ['a message that refers to itself', [row(1, { references: refs(1) })], '(1)'],
    [
      'threads by date',
      [row(1, { sentAt: 9 }), row(2, { sentAt: 3 }), row(3, { sentAt: 10, references: refs(2) })],
      '(2 3)(1)',
    ],
    [
      'a reply joins the thread of its subject',
      [row(1, { baseSubject: 's' }), row(2, { baseSubject: 's', isReply: true })],
      '(1 2)',
    ],
    ['two originals of one subject', [row(1, { baseSubject: 's' }), row(2, { baseSubject: 's' })], '((1)(2))'],
    [
      'three originals of one subject',
      [row(1, { baseSubject: 's' }), row(2, { baseSubject: 's' }), row(3, { baseSubject: 's' })],
      '((1)(2)(3))',
    ],
    [
      'the original comes after its reply',
      [row(1, { baseSubject: 's', isReply: true }), row(2, { baseSubject: 's' })],
      '(2 1)',
    ],
    ['empty subjects stay apart', [row(1, { baseSubject: '' }), row(2, { baseSubject: '' })], '(1)(2)'],
  ]
  for (const [name, given, expected] of rows) it(name, async () => assert.equal(await references(...given), expected))

  it('every message is in exactly one place, whatever the references say', async () => {
    const message = fc.record({
      id: fc.integer({ min: 0, max: 12 }),
      references: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 5 }),
      subject: fc.constantFrom('', 'a', 'b'),
      isReply: fc.boolean(),
      sentAt: fc.integer({ min: 0, max: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 15 }), async (messages) => {
        const given = messages.map(({ id, references: answered, subject, isReply, sentAt }, index) =>
          row(index + 1, {
            messageId: `<${id}>`,
            references: refs(...answered),
            baseSubject: subject,
            isReply,
            sentAt,
          }),
        )
        const texts = [await references(...given), await threadText(await orderedSubject(given), numberOf)]
        for (const text of texts) {
          const numbers = (text.match(/\d+/g) ?? []).map(Number).sort((a, b) => a - b)
          assert.deepEqual(numbers, given.map(numberOf))
          assert.ok(!text.includes('()'), text)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is not hurt by very deep threads', async () => {
    const many = Array.from({ length: 50_000 }, (_, index) =>
      row(index + 1, { references: refs(index), baseSubject: '' }),
    )
    assert.equal((await references(...many)).split(' ').length, 50_000)
    assert.equal((await references(...many.reverse())).split(' ').length, 50_000)
  })
})
