import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { knownPasswords, whatIsWrongWith } from '../../../lib/login/passwords/known'
import { randomFrom, SEED } from '../../random'

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase()

describe('passwords that everybody knows', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-known-'))
  after(() => rmSync(folder, { recursive: true }))
  let nth = 0
  function file(lines: readonly string[], end = '\n', last = end): string {
    const name = path.join(folder, `list-${nth++}`)
    writeFileSync(name, lines.length === 0 ? '' : lines.join(end) + last)
    return name
  }
  const sorted = (lines: Iterable<string>): string[] =>
    [...new Set(lines)].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)))

  it('are found wherever they stand, and nothing else is: words of all lengths', async () => {
    const random = randomFrom(SEED)
    const word = (): string => Array.from({ length: 1 + random(40) }, () => 'aZ09 ß€é-~'[random(10)] ?? '').join('')
    const words = sorted(Array.from({ length: 3000 }, word))
    for (const [end, last] of [
      ['\n', '\n'],
      ['\n', ''],
      ['\r\n', '\r\n'],
    ]) {
      const known = knownPasswords(file(words, end, last))
      const asked = [...words.filter((_word, at) => at % 50 === 0), words[0] ?? '', words.at(-1) ?? '']
      for (const each of asked) assert.ok(await known.has(each), each)
      for (let tries = 0; tries < 60; tries++) {
        const other = word()
        assert.equal(await known.has(other), words.includes(other), `${other}, seed ${SEED}`)
      }
    }
  })

  it('are found by their SHA-1, with how often they were seen behind it, in either case', async () => {
    const words = Array.from({ length: 5000 }, (_, at) => `secret ${at}`)
    const lines = sorted(words.map(sha1)).map((hash, at) => `${hash}:${at}`)
    for (const list of [lines, lines.map((line) => line.toLowerCase())]) {
      const known = knownPasswords(file(list, '\r\n'))
      for (const at of [0, 17, 4999]) assert.ok(await known.has(`secret ${at}`))
      assert.ok(!(await known.has('secret 5000')))
      assert.ok(!(await known.has(list[0] ?? '')), 'a hash is no password')
    }
  })

  it('are read anew when the file is replaced; many at once wait for each other', async () => {
    const name = file(['alpha', 'beta'])
    const known = knownPasswords(name)
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, at) => known.has(at % 2 === 0 ? 'beta' : 'gamma')),
    )
    assert.equal(answers.filter(Boolean).length, 150)
    assert.ok(known.idle())
    writeFileSync(name, 'gamma\n')
    assert.deepEqual([await known.has('beta'), await known.has('gamma')], [false, true])
    rmSync(name)
    await assert.rejects(known.has('gamma'), /ENOENT/)
    writeFileSync(name, 'gamma\n')
    assert.ok(await known.has('gamma'), 'and goes on after a failure')
  })

  it('tells of a file in which nothing would be found', async () => {
    const words = sorted(Array.from({ length: 500 }, (_, at) => `word-${at}`))
    assert.equal(await whatIsWrongWith(file(words)), undefined)
    assert.equal(await whatIsWrongWith(file(['one'])), undefined)
    assert.equal(await whatIsWrongWith(file([])), 'is empty')
    assert.match((await whatIsWrongWith(file(words.reverse()))) ?? '', /LC_ALL=C sort -u/)
    const hashes = sorted(['a', 'b', 'c', 'd'].map(sha1))
    assert.match((await whatIsWrongWith(file([...hashes, 'zebra']))) ?? '', /no SHA-1/)
    await assert.rejects(whatIsWrongWith(path.join(folder, 'none')), /ENOENT/)
  })
})
