import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

/** A page as code and pages cite it: `docs/locks.md`, `docs/locks.md#invariants`. */
const CITED = /\bdocs\/([a-z0-9-]+\.md)(?:#([a-z0-9-]+))?/g
/** A link of one page to another, or to a section of its own. */
const LINK = /\]\(((?:\.\.\/)?(?:[\w-]+\/)*[\w-]+\.md)?(?:#([a-z0-9-]+))?\)/g

/** A link of a page to a file of the repository. */
const FILE_LINK = /\]\((\.\.\/[^)#\s]+|(?:lib|test|config|docs)\/[^)#\s]+)(?:#[^)]*)?\)/g

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
  return new Set(headings)
}

function missing(folder: string, page: string, anchor: string | undefined): boolean {
  const file = path.join(packageRoot, folder, page)
  return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).has(anchor))
}

function filesIn(folder: string, names: RegExp): string[] {
  return readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => names.test(name))
    .map((name) => path.join(folder, name))
}

describe('pages that are cited', () => {
  it('in code, settings and tests exist, and so do their sections', () => {
    const files = [
      ...['lib', 'plugins', 'test'].flatMap((folder) => filesIn(folder, /\.(ts|js|mjs)$/)),
      ...filesIn('config', /\.ini$/),
    ]
    const cited = files.flatMap((file) =>
      [...readFileSync(path.join(packageRoot, file), 'utf8').matchAll(CITED)].map(([, page = '', anchor]) => ({
        file,
        page,
        anchor,
      })),
    )
    assert.ok(cited.length > 30, `${cited.length} citations`)
    assert.deepEqual(
      cited.filter(({ page, anchor }) => missing('docs', page, anchor)),
      [],
    )
  })

  it('in pages exist, and so do their sections', () => {
    for (const file of [...filesIn('docs', /\.md$/), 'README.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
      const text = readFileSync(path.join(packageRoot, file), 'utf8')
      const links = [...text.matchAll(LINK)].map(([, page, anchor]) => ({ page: page ?? path.basename(file), anchor }))
      assert.deepEqual(
        links.filter(({ page, anchor }) => missing(path.dirname(file), page, anchor)),
        [],
        file,
      )
    }
  })

  it('link to files that exist', () => {
    for (const page of [...filesIn('docs', /\.md$/), 'README.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
      const links = [...readFileSync(path.join(packageRoot, page), 'utf8').matchAll(FILE_LINK)]
      const missingFiles = links
        .map(([, file = '']) => path.join(path.dirname(page), file))
        .filter((file) => !existsSync(path.join(packageRoot, file)))
      assert.deepEqual(missingFiles, [], page)
    }
  })

  it('name files in the recipes of CONTRIBUTING.md that exist', () => {
    const page = readFileSync(path.join(packageRoot, 'CONTRIBUTING.md'), 'utf8')
    const named = [...page.matchAll(/`((?:lib|test|config)\/[\w./-]+)`/g)].map(([, file = '']) => file)
    const ours = named.filter((file) => !/NAME|ROOM/.test(file))
    assert.ok(ours.length > 15)
    assert.deepEqual(
      ours.filter((file) => !existsSync(path.join(packageRoot, file))),
      [],
    )
  })
})
