import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

/** The functions that a thread finds by their names, in one file. */
const jobsIn = (text: string): string[] =>
  [...text.matchAll(/defineJob\(\s*__filename,\s*(\w+)/g)].map(([, name = '']) => name)

describe('the jobs of the pool', () => {
  it('are exported by the files that define them: a thread finds them there', () => {
    const lib = path.join(packageRoot, 'lib')
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => /[^d]\.ts$/.test(name))
    const jobs = files.flatMap((file) => {
      const text = readFileSync(path.join(lib, file), 'utf8')
      return jobsIn(text).map((name) => ({ file, name, text }))
    })
    assert.ok(jobs.length >= 6, `${jobs.length} jobs`)
    for (const { file, name, text } of jobs) {
      assert.match(text, new RegExp(`^export (?:async )?(?:function|const) ${name}\\b`, 'm'), `${file}: ${name}`)
    }
  })
})
