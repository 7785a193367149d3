import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { loadAssets } from '../../lib/http/pages/assets'
import { packageRoot } from '../../lib/package-root'

const folder = path.join(packageRoot, 'lib/http/static')
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8')
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))

/** Modules that one names: at once (`import ... from`), and when they are wanted (`import()`). */
function imports(name: string): { readonly atOnce: string[]; readonly later: string[] } {
  // Libraries are not ours to look into.
  if (!scripts.includes(name)) return { atOnce: [], later: [] }
  const text = read(name)
  const named = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, to = '']) => path.posix.join(path.posix.dirname(name), to))
  return { atOnce: named(/^import .*from '(\..*)'$/gm), later: named(/[^{]\bimport\('(\..*?\.js)'\)/g) }
}

function reached(start: readonly string[]): Set<string> {
  const all = new Set(start)
  for (const name of all) for (const next of imports(name).atOnce) all.add(next)
  return all
}

describe("the browser's files", () => {
  const served = loadAssets(folder)

  it('import only what is served, without a circle', () => {
    for (const name of scripts) {
      const { atOnce, later } = imports(name)
      for (const next of [...atOnce, ...later]) assert.ok(served.has(next), `${name} imports ${next}`)
      assert.ok(!reached(atOnce).has(name), `${name} imports itself by ${atOnce.join(', ')}`)
    }
  })
  it('are all used', () => {
    const used = reached([
      'app.js',
      ...scripts.flatMap((name) => imports(name).later.filter((to) => scripts.includes(to))),
    ])
    assert.deepEqual(
      scripts.filter((name) => !used.has(name)),
      [],
    )
    const page = read('index.html')
    const styles = [...served.keys()].filter((name) => name.endsWith('.css'))
    assert.deepEqual(
      styles.filter((name) => !page.includes(`href="/mail/${name}"`)),
      [],
    )
  })
  it('are asked for by the page before their importers have come', () => {
    const preloaded = [...read('index.html').matchAll(/rel="modulepreload" href="\/mail\/(.*?)"/g)].map(
      ([, name]) => name,
    )
    const wanted = [...reached(['app.js', 'mail/mail.js'])].filter((name) => name !== 'app.js')
    assert.deepEqual(preloaded.sort(), wanted.sort())
  })
  it('are checked by the compiler', () => {
    assert.deepEqual(
      scripts.filter((name) => !read(name).startsWith('// @ts-check\n')),
      [],
    )
  })
})
