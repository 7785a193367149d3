import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

const TEST = /^(\S+\.(?:ts|txt)): (.+)$/

/** Pages of rules, each row with the test that proves it last, or why there is none. */
const PAGES = [
  { page: 'pop3-conformance.md', tests: 40, without: 5 },
  { page: 'imap-conformance.md', tests: 115, without: 11 },
] as const

describe('conformance pages', () => {
  for (const { page, tests, without } of PAGES) {
    it(`${page} names tests that exist`, () => {
      const cells = readFileSync(path.join(packageRoot, 'docs', page), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('| ') && !/\| (Test|---) \|$/.test(line))
        .map((line) => line.split('|').at(-2)?.trim() ?? '')
      const proved = cells.flatMap((cell) => {
        const [, file, title] = TEST.exec(cell) ?? []
        return file !== undefined && title !== undefined ? [{ file, title }] : []
      })
      for (const { file, title } of proved) {
        const text = readFileSync(path.join(packageRoot, 'test', file), 'utf8').replace(/\\'/g, "'")
        assert.ok(text.includes(title), `${file} has no test ${JSON.stringify(title)}`)
      }
      // A page that is no longer read as a table proves nothing; a rule that loses its test is seen here.
      assert.ok(proved.length >= tests, `${proved.length} rules with a test`)
      assert.ok(cells.length - proved.length <= without, `${cells.length - proved.length} rules without a test`)
    })
  }
})
