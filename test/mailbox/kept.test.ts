import { strict as assert } from 'node:assert'
import { createKept } from '../../lib/mailbox/kept'

/** octets of one value here: what stands around it weighs little */
const VALUE = 100_000
/** for eight of them */
const LIMIT = 8.5 * VALUE

describe('what is kept of messages', () => {
  it('is found again by column and UID, in its own kind only', () => {
    const kept = createKept(LIMIT)
    const texts = kept.columns<string>()
    const numbers = kept.columns<number>()
    texts('INBOX envelope').set(7, 'seven', VALUE)
    numbers('INBOX envelope').set(8, 8, VALUE)
    assert.equal(texts('INBOX envelope').get(7), 'seven')
    assert.equal(texts('INBOX envelope').get(8), undefined)
    assert.equal(texts('INBOX body').get(7), undefined)
    assert.equal(numbers('INBOX envelope').get(8), 8)
  })

  it('is at most the limit: the column that was not asked for longest goes', () => {
    const texts = createKept(LIMIT).columns<string>()
    for (const name of ['a', 'b', 'c', 'd']) for (const uid of [1, 2]) texts(name).set(uid, name, VALUE)
    texts('a')
    texts('e').set(1, 'e', VALUE)
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e'].map((name) => texts(name).get(1)),
      ['a', undefined, 'c', 'd', 'e'],
    )
  })

  it('leaves a column a quarter at most, and the first values stay', () => {
    const texts = createKept(LIMIT).columns<string>()
    const big = texts('big')
    for (let uid = 1; uid <= 100; uid++) big.set(uid, 'x', VALUE)
    assert.deepEqual([big.get(1), big.get(2), big.get(3)], ['x', 'x', undefined])
    texts('small').set(1, 'y', VALUE)
    assert.equal(texts('small').get(1), 'y')
  })

  it('takes nothing more into a column that was dropped while somebody held it', () => {
    const texts = createKept(LIMIT).columns<string>()
    const old = texts('old')
    old.set(1, 'x', VALUE)
    for (const name of ['a', 'b', 'c', 'd']) for (const uid of [1, 2]) texts(name).set(uid, name, VALUE)
    old.set(2, 'x', VALUE)
    assert.equal(old.get(2), undefined)
    assert.equal(texts('d').get(2), 'd')
  })

  it('counts a value once, however often it is given', () => {
    const texts = createKept(LIMIT).columns<string>()
    const one = texts('one')
    for (let n = 0; n < 100; n++) one.set(1, 'x', VALUE)
    one.set(2, 'y', VALUE)
    assert.equal(one.get(2), 'y')
  })

  it('counts columns that are empty', () => {
    const texts = createKept(LIMIT).columns<string>()
    texts('old').set(1, 'x', VALUE)
    for (let n = 0; n < LIMIT / 400; n++) texts(`${n}`)
    assert.equal(texts('old').get(1), undefined)
  })

  it('is nothing with the limit 0', () => {
    const texts = createKept(0).columns<string>()
    texts('a').set(1, 'x', 1)
    assert.equal(texts('a').get(1), undefined)
  })
})
