import assert from 'node:assert/strict'
import { pattern } from '../../lib/imap/base/mailboxes/pattern'
import { randomFrom, SEED } from '../random'

describe('patterns of LIST', () => {
  it('mean what the regular expression of the same wildcards means', () => {
    const random = randomFrom(SEED)
    const text = (letters: string, most: number): string =>
      Array.from({ length: random(most + 1) }, () => letters[random(letters.length)]).join('')
    for (let run = 0; run < 20_000; run++) {
      const [listMailbox, name] = [text('ab/*%', 9), text('ab/', 9)]
      const source = listMailbox.replace(/[/*%]/g, (char) => ({ '*': '.*', '%': '[^/]*' })[char] ?? '\\/')
      const expected = new RegExp(`^${source}$`, 's').test(name)
      assert.equal(pattern('', listMailbox).test(name), expected, `${listMailbox} ${name} (seed ${SEED})`)
    }
  })
  it('take a time that is bounded, whatever they are', () => {
    const start = process.cpuUsage()
    for (const char of ['*', '%']) {
      for (const times of [5, 20, 90]) {
        assert.equal(pattern('', `${`${char}a`.repeat(times)}b`).test('a'.repeat(200)), false)
        assert.equal(pattern('', `${`${char}a`.repeat(times)}${char}`).test('a'.repeat(200)), true)
      }
    }
    const { user } = process.cpuUsage(start)
    assert.ok(user < 500_000, `${user} microseconds`)
  })
})
