import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

const TEST = /^(\S+\.(?:ts|txt)): (.+)$/

describe('docs/pop3-conformance.md', () => {
  it('names tests that exist', () => {
    const rows = readFileSync(path.join(packageRoot, 'docs/pop3-conformance.md'), 'utf8')
      .split('\n')
      .map((line) => line.split('|').at(-2)?.trim() ?? '')
      .flatMap((cell) => TEST.exec(cell) ?? [])
    assert.ok(rows.length > 100)
    for (let at = 0; at < rows.length; at += 3) {
      const [, file = '', title = ''] = rows.slice(at, at + 3)
      const text = readFileSync(path.join(packageRoot, 'test', file), 'utf8').replace(/\\'/g, "'")
      assert.ok(text.includes(title), `${file} has no test ${JSON.stringify(title)}`)
    }
  })
})
