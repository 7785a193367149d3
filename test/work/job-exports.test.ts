import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

const lib = path.join(packageRoot, 'lib')
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

/** A thread finds a job by its file and name: one that is not exported fails only when it runs. */
describe('the jobs of the pool', () => {
  const jobs = files.flatMap((file) =>
    [...readFileSync(path.join(lib, file), 'utf8').matchAll(/\bdefineJob\(\s*__filename,\s*(\w+)/g)].map(
      ([, name = '']) => ({ file, name }),
    ),
  )
  it('are there', () => assert.ok(jobs.length >= 5, String(jobs.length)))
  for (const { file, name } of jobs) {
    it(`${file}: ${name} is exported`, () => {
      const text = readFileSync(path.join(lib, file), 'utf8')
      assert.match(text, new RegExp(`^export (?:const|function|async function) ${name}\\b`, 'm'))
    })
  }
})
