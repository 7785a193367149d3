import assert from 'node:assert/strict'
import { type Filter, NO_RULES, type Rules } from '../../lib/http/mail/rules/rules'
import { writeSieve } from '../../lib/http/mail/rules/write-sieve'
import { actionsOf } from '../sieve/world'

const FILTER: Filter = {
  name: 'a filter\nof two lines',
  on: true,
  all: true,
  conditions: [],
  move: undefined,
  read: false,
  flag: false,
  remove: false,
  forward: undefined,
  stop: true,
}
type Condition = Filter['conditions'][number]
const mail = (head: string, body = 'the text\r\n'): Buffer =>
  Buffer.from(`${head.replace(/\n/g, '\r\n')}\r\n\r\n${body}`)
const OWN = ['me@example.org', 'alias@example.org']

/** What is done, in words. */
function done(rules: Partial<Rules>, message: Buffer, own?: string): string {
  const script = writeSieve({ ...NO_RULES, ...rules }, OWN, own)
  const actions = actionsOf(script, message, { now: Date.parse('2026-12-10T12:00:00Z'), zone: () => 0 })
  return actions
    .map((action) => {
      if (action.kind === 'store')
        return ['store', action.specialUse ?? action.mailbox ?? '', ...action.flags]
          .filter((word) => word !== '')
          .join(' ')
      return action.kind === 'redirect' ? `redirect ${action.address}` : action.kind
    })
    .join(', ')
}
const matches = (condition: Condition, head: string): boolean =>
  done({ filters: [{ ...FILTER, conditions: [condition], move: 'Hit' }] }, mail(head)) === 'store Hit'

describe('filters as Sieve', () => {
  const rows: readonly (readonly [Condition, hit: string, miss: string])[] = [
    [{ field: 'from', how: 'contains', value: 'Ann L' }, 'From: "Ann Lee" <a@b.example>', 'From: ann@b.example'],
    [{ field: 'from', how: 'is', value: 'ann@b.example' }, 'From: Bob <Ann@b.example>', 'From: joann@b.example'],
    [{ field: 'to', how: 'contains', value: 'team' }, 'Cc: team@b.example', 'From: team@b.example'],
    [{ field: 'subject', how: 'begins', value: '[*?\\' }, 'Subject: [*?\\ hello', 'Subject: [ab\\ hello'],
    [{ field: 'subject', how: 'ends', value: 'end' }, 'Subject: the end', 'Subject: the end of it'],
    [{ field: 'subject', how: 'lacks', value: 'x' }, 'Subject: y', 'Subject: x'],
    [{ field: 'subject', how: 'is', value: 'a";stop;"b' }, 'Subject: a";stop;"b', 'Subject: a'],
    [{ field: 'list', how: 'contains', value: 'dev.' }, 'List-Id: <dev.example>', 'Subject: dev.'],
  ]
  for (const [condition, hit, miss] of rows) {
    it(`${condition.field} ${condition.how} ${condition.value}`, () => {
      assert.equal(matches(condition, hit), true, hit)
      assert.equal(matches(condition, miss), false, miss)
    })
  }
  it('body and size', () => {
    const of = (condition: Condition, message: Buffer): string =>
      done({ filters: [{ ...FILTER, conditions: [condition], move: 'Hit' }] }, message)
    assert.equal(of({ field: 'body', how: 'contains', value: 'the text' }, mail('A: b')), 'store Hit')
    assert.equal(of({ field: 'size', how: 'over', value: '1' }, mail('A: b', 'x'.repeat(2000))), 'store Hit')
    assert.equal(of({ field: 'size', how: 'over', value: '5' }, mail('A: b', 'x'.repeat(2000))), 'store')
  })
  it('all and any, actions, and where it stops', () => {
    const conditions: Condition[] = [
      { field: 'subject', how: 'contains', value: 'a' },
      { field: 'subject', how: 'contains', value: 'b' },
    ]
    const first = { ...FILTER, conditions, read: true, flag: true, forward: 'else@example.net' }
    const second = { ...FILTER, conditions: conditions.slice(0, 1), remove: true }
    const run = (filters: Filter[], subject: string): string => done({ filters }, mail(`Subject: ${subject}`))
    assert.equal(run([first], 'ab'), 'redirect else@example.net, store \\Seen \\Flagged')
    assert.equal(run([first], 'a'), 'store')
    assert.equal(run([{ ...first, all: false }], 'a'), 'redirect else@example.net, store \\Seen \\Flagged')
    assert.equal(run([first, second], 'ab'), 'redirect else@example.net, store \\Seen \\Flagged')
    assert.equal(run([{ ...first, forward: undefined, stop: false }, second], 'ab'), 'store \\Trash \\Seen \\Flagged')
    assert.equal(run([{ ...first, on: false }], 'ab'), 'store')
  })
  it('blocked senders and domains come first, then the answer, forwarding, filters', () => {
    const blocked = ['spam@a.example', '@b.example']
    const vacation = { ...NO_RULES.vacation, on: true, text: 'Away: "back" \\ soon\n.\n' }
    const forward = { on: true, to: 'f@example.net', keep: false }
    const all = (from: string): string =>
      done({ blocked, vacation, forward }, mail(`From: ${from}\nTo: me@example.org`))
    assert.equal(all('SPAM@a.example'), 'store \\Junk')
    assert.equal(all('x@b.example'), 'store \\Junk')
    assert.equal(all('x@c.example'), 'vacation, redirect f@example.net')
    const kept = { blocked: [], vacation, forward: { ...forward, keep: true } }
    assert.equal(done(kept, mail('From: x@c.example\nTo: me@example.org')), 'vacation, redirect f@example.net, store')
  })
  it('answers from the first day to the last', () => {
    const vacation = { ...NO_RULES.vacation, on: true, text: 'Away' }
    const on = (first: string, last: string): string =>
      done({ vacation: { ...vacation, first, last } }, mail('From: x@c.example'))
    for (const [first, last] of [
      ['2026-12-10', '2026-12-10'],
      ['', '2026-12-10'],
      ['2026-12-10', ''],
      ['', ''],
    ] as const) {
      assert.match(on(first, last), /vacation/)
    }
    assert.equal(on('2026-12-11', ''), 'store')
    assert.equal(on('', '2026-12-09'), 'store')
  })
})
