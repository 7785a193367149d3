import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

const read = (file: string): string => readFileSync(path.join(packageRoot, file), 'utf8')

describe('docs/security.md', () => {
  const page = read('docs/security.md')

  it('names a test that exists for every promise', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| Promise'))
    assert.ok(rows.length > 20)
    for (const row of rows) {
      const tests = row.match(/\btest\/[\w./-]+\.test\.ts\b/g) ?? []
      assert.ok(tests.length > 0, `without a test: ${row}`)
      for (const test of tests) assert.ok(existsSync(path.join(packageRoot, test)), `${test} is not there: ${row}`)
    }
  })

  it('names commands of package.json, and pages and sections that exist', () => {
    for (const [, script = ''] of page.matchAll(/`npm run ([\w:-]+)`/g)) {
      assert.match(read('package.json'), new RegExp(`^ {4}"${script}": `, 'm'))
    }
    for (const [, file = '', section] of page.matchAll(/\]\((?!http)([^)#]+)(?:#([^)]+))?\)/g)) {
      const headings = [...read(path.join('docs', file)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replace(/ /g, '-'),
      )
      if (section !== undefined) assert.ok(headings.includes(section), `${file}#${section}`)
    }
  })

  it('is where SECURITY.md and the README send their readers', () => {
    assert.match(read('SECURITY.md'), /\(docs\/security\.md\)/)
    assert.match(read('SECURITY.md'), /https:\/\/github\.com\/haraka\/haraka-plugin-mailbox\/security\/advisories\/new/)
    assert.match(read('README.md'), /\(docs\/security\.md\)/)
  })
})
