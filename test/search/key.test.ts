import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { fromIndex, matches } from '../../lib/search/evaluate'
import {
  type IndexFacts,
  isBounded,
  type KeyFacts,
  MAX_SEARCH_DEPTH,
  type SearchKey,
  type StoredFacts,
} from '../../lib/search/key'
import { flagSet } from '../../lib/terms/flags'

const DAY = 86_400_000
const NOW = 20_000 * DAY
const FACTS: IndexFacts = {
  seq: 3,
  uid: 30,
  flags: flagSet(['\\Seen', '$Junk']),
  recent: false,
  modSeq: 7,
  toldSince: (named) => named,
  size: 1000,
  internalDate: NOW - DAY + 5,
  mayMatch: (key) => !('text' in key && key.text === 'neither'),
}
const KEYS: KeyFacts = {
  subject: 'grüße an alle',
  from: 'jörg <joerg@ example.org>\njoerg@example.org',
  to: 'a@b',
  cc: '',
  bcc: '',
  sentDay: 19_990,
  emailId: 'E1',
  threadId: 'T1',
  saveDate: NOW - 2 * DAY,
}

type Read = keyof StoredFacts
function stored(keys: KeyFacts | undefined = KEYS): { facts: StoredFacts; reads: Read[] } {
  const reads: Read[] = []
  const read = <T>(what: Read, value: T): Promise<T> => {
    reads.push(what)
    return Promise.resolve(value)
  }
  const facts: StoredFacts = {
    keys: () => read('keys', keys),
    header: (name) => read('header', name === 'x-mailer' ? 'mutt 1.0' : undefined),
    headerNear: async () => 0,
    bodyNear: async () => 0,
    headerHas: async (text) => (await read('headerHas', 'subject: grüße an alle\nx-mailer: mutt 1.0')).includes(text),
    bodyHas: async (text, fields) =>
      (await read('bodyHas', fields === 'too' ? 'content-type: a/b|the body' : 'the body')).includes(text),
    attachments: () => read('attachments', ['report.pdf']),
  }
  return { facts, reads }
}
const seen: SearchKey = { kind: 'flag', flag: '\\Seen' }
const not = (key: SearchKey): SearchKey => ({ kind: 'not', key })
const subject = (text: string): SearchKey => ({ kind: 'field', field: 'subject', text })
const body: SearchKey = { kind: 'body', text: 'body', fields: 'not' }

describe('search keys', () => {
  const rows: readonly (readonly [string, SearchKey, boolean, readonly Read[]])[] = [
    ['ALL', { kind: 'all' }, true, []],
    ['SEEN', seen, true, []],
    ['KEYWORD without case', { kind: 'flag', flag: '$junk' }, true, []],
    ['NOT SEEN', not(seen), false, []],
    ['RECENT', { kind: 'recent' }, false, []],
    ['LARGER is more than', { kind: 'larger', octets: 1000 }, false, []],
    ['SMALLER is less than', { kind: 'smaller', octets: 1001 }, true, []],
    ['sequence numbers', { kind: 'numbers', of: 'seq', has: (one) => one === 3 }, true, []],
    ['UID', { kind: 'numbers', of: 'uid', has: (one) => one === 3 }, false, []],
    ['MODSEQ is at least (RFC 7162 3.1.5)', { kind: 'modseq', atLeast: 7 }, true, []],
    ['ON', { kind: 'day', date: 'internal', is: 'on', day: 19_999 }, true, []],
    ['BEFORE', { kind: 'day', date: 'internal', is: 'before', day: 19_999 }, false, []],
    ['SINCE', { kind: 'day', date: 'internal', is: 'since', day: 19_999 }, true, []],
    ['SENTON', { kind: 'day', date: 'sent', is: 'on', day: 19_990 }, true, ['keys']],
    ['SAVEDSINCE (RFC 8514)', { kind: 'day', date: 'saved', is: 'since', day: 19_998 }, true, ['keys']],
    ['YOUNGER (RFC 5032)', { kind: 'age', is: 'younger', seconds: 86_400 }, true, []],
    ['OLDER', { kind: 'age', is: 'older', seconds: 86_400 }, false, []],
    ['SUBJECT', subject('grüße\tan'), true, ['keys']],
    ['EMAILID (RFC 8474)', { kind: 'id', of: 'email', id: 'E1' }, true, ['keys']],
    ['THREADID', { kind: 'id', of: 'thread', id: 'E1' }, false, ['keys']],
    ['HEADER of a key', { kind: 'header', name: 'from', text: 'joerg' }, true, ['keys']],
    ['HEADER of another', { kind: 'header', name: 'x-mailer', text: 'mutt' }, true, ['keys', 'header']],
    ['HEADER that is not there', { kind: 'header', name: 'x-y', text: '' }, false, ['keys', 'header']],
    ['HEADER that is there', { kind: 'header', name: 'x-mailer', text: '' }, true, ['keys', 'header']],
    ['BODY', body, true, ['bodyHas']],
    ['TEXT in the keys', { kind: 'text', text: 'alle' }, true, ['keys']],
    ['TEXT in the header', { kind: 'text', text: 'mutt' }, true, ['keys', 'headerHas']],
    ['TEXT in the body', { kind: 'text', text: 'the body' }, true, ['keys', 'headerHas', 'bodyHas']],
    ['TEXT in the fields of parts', { kind: 'text', text: 'type: a/b' }, true, ['keys', 'headerHas', 'bodyHas']],
    ['BODY, RFC 9051: no fields', { kind: 'body', text: 'a/b', fields: 'not' }, false, ['bodyHas']],
    ['BODY, RFC 3501: fields of parts', { kind: 'body', text: 'a/b', fields: 'too' }, true, ['bodyHas']],
    ['BODY of what is known not to be there', { kind: 'body', text: 'neither', fields: 'not' }, false, []],
    ['FROM: the address as it is meant', { kind: 'field', field: 'from', text: 'joerg@example' }, true, ['keys']],
    ['HEADER From: the field as it stands', { kind: 'header', name: 'from', text: 'joerg@example' }, false, ['keys']],
    ['a file by its name', { kind: 'attachment', name: 'port.p' }, true, ['attachments']],
    ['TEXT of what is known not to be there', { kind: 'text', text: 'neither' }, false, []],
    ['nothing is read when the index decides', { kind: 'and', keys: [body, not(seen)] }, false, []],
    ['the cheapest comes first', { kind: 'and', keys: [body, subject('no')] }, false, ['keys']],
    ['OR stops at the first that is true', { kind: 'or', keys: [body, subject('alle')] }, true, ['keys']],
    ['an empty AND is ALL', { kind: 'and', keys: [] }, true, []],
  ]
  for (const [name, key, expected, reads] of rows) {
    it(name, async () => {
      const { facts, reads: done } = stored()
      assert.equal(await matches(key, FACTS, facts, NOW), expected)
      assert.deepEqual(done, reads)
    })
  }

  it('a message that is gone matches nothing, not even NOT', async () => {
    const { facts } = stored()
    const gone: StoredFacts = { ...facts, keys: () => Promise.resolve(undefined) }
    assert.equal(await matches(subject('x'), FACTS, gone, NOW), false)
    assert.equal(await matches(not(subject('x')), FACTS, gone, NOW), false)
  })

  it('a failing store is not "no match"', async () => {
    const { facts } = stored()
    const broken: StoredFacts = { ...facts, bodyHas: () => Promise.reject(new Error('down')) }
    await assert.rejects(matches(body, FACTS, broken, NOW), /down/)
  })

  it('tells deep programs without recursing', () => {
    const deep = (levels: number): SearchKey => {
      let key: SearchKey = seen
      for (let level = 0; level < levels; level++) key = not(key)
      return key
    }
    assert.ok(isBounded(deep(MAX_SEARCH_DEPTH)))
    assert.ok(!isBounded(deep(MAX_SEARCH_DEPTH + 1)))
    assert.ok(!isBounded(deep(1_000_000)))
  })

  const leaf: fc.Arbitrary<SearchKey> = fc.constantFrom<SearchKey>(
    { kind: 'all' },
    seen,
    { kind: 'larger', octets: 2000 },
    subject('alle'),
    subject('no'),
    { kind: 'header', name: 'from', text: 'joerg' },
    { kind: 'header', name: 'x-mailer', text: 'pine' },
    body,
    { kind: 'text', text: 'no' },
  )
  const { tree } = fc.letrec<{ tree: SearchKey }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      tie('tree').map(not),
      fc
        .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('tree'), { maxLength: 4 }))
        .map(([kind, keys]): SearchKey => ({ kind, keys })),
    ),
  }))
  /** The plain meaning of a program. */
  async function meaning(key: SearchKey): Promise<boolean> {
    if (key.kind === 'not') return !(await meaning(key.key))
    if (key.kind !== 'and' && key.kind !== 'or') return matches(key, FACTS, stored().facts, NOW)
    const answers = await Promise.all(key.keys.map(meaning))
    return key.kind === 'and' ? answers.every(Boolean) : answers.some(Boolean)
  }

  it('planning does not change what a program means', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (key) => {
        const expected = await meaning(key)
        assert.equal(await matches(key, FACTS, stored().facts, NOW), expected)
        for (const quick of [fromIndex(key, FACTS, NOW), fromIndex(key, FACTS, NOW, KEYS)]) {
          if (quick !== undefined) assert.equal(quick, expected)
        }
      }),
      { numRuns: 500 },
    )
  })
})
