import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

const LONGEST = 120

/** Prose of a page: no tables, no code. */
const proseOf = (page: string): string[] =>
  page
    .replace(/^```[\s\S]*?^```/gm, '')
    .split('\n')
    .filter((line) => !line.startsWith('|'))

describe('lines of pages', () => {
  it(`have ${LONGEST} characters at most, but in tables, code, and links that cannot be broken`, () => {
    const docs = readdirSync(path.join(packageRoot, 'docs')).filter((name) => name.endsWith('.md'))
    const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.map((name) => `docs/${name}`)]
    const long = pages.flatMap((name) =>
      proseOf(readFileSync(path.join(packageRoot, name), 'utf8'))
        .filter((line) => line.length > LONGEST && line.trimStart().includes(' '))
        .map((line) => `${name}: ${line}`),
    )
    assert.deepEqual(long, [])
  })
})
