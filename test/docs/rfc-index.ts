import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { extensions } from '../../lib/imap/extensions'
import { packageRoot } from '../../lib/package-root'

/**
 * Writes docs/rfc-index.md from IMAP's extensions and docs/rfc-status.json (what is obeyed) and the citations in the code
 * (where).
 */
type State = 'yes' | 'part' | 'no'
interface Status {
  readonly title: string
  readonly state: State
  readonly note?: string
}

const indexFile = path.join(packageRoot, 'docs/rfc-index.md')
const statusFile = path.join(packageRoot, 'docs/rfc-status.json')

export function citations(): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>()
  for (const folder of ['lib', 'plugins']) {
    for (const entry of readdirSync(path.join(packageRoot, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
      const file = path.relative(packageRoot, path.join(entry.parentPath, entry.name))
      for (const [, number = ''] of readFileSync(path.join(packageRoot, file), 'utf8').matchAll(/RFC (\d{3,5})/g)) {
        const files = found.get(number) ?? new Map<string, number>()
        found.set(number, files.set(file, (files.get(file) ?? 0) + 1))
      }
    }
  }
  return found
}

export function statuses(): Record<string, Status> {
  const rows: Record<string, Status> = JSON.parse(readFileSync(statusFile, 'utf8'))
  for (const [number, row] of extensions.flatMap(({ rfcs }) => Object.entries(rfcs ?? {}))) {
    if (rows[number]) throw new Error(`RFC ${number} has two rows: of an extension and of docs/rfc-status.json`)
    rows[number] = { state: 'yes', ...row }
  }
  return rows
}

export function rfcIndex(): string {
  const cited = citations()
  const rows = Object.entries(statuses())
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([number, { title, state, note }]) => {
      const files = [...(cited.get(number) ?? [])].sort(([, a], [, b]) => b - a)
      const total = files.reduce((sum, [, count]) => sum + count, 0)
      const places = files.slice(0, 4).map(([file]) => `[${file.replace(/^lib\//, '')}](../${file})`)
      return `| ${number} | ${title} | ${state} | ${note ?? ''} | ${total > 0 ? `${total}: ${places.join(' ')}` : ''} |`
    })
  return `# RFC index

Made from the citations in the code, IMAP's extensions and docs/rfc-status.json by \`npm run docs:rfc\`. "yes": every MUST
that concerns a server of this kind; "part": what the note says; "no": not built.

| RFC | Title | State | Note | Citations |
|---|---|---|---|---|
${rows.join('\n')}
`
}

export const indexOnDisk = (): string => readFileSync(indexFile, 'utf8')

if (require.main === module) writeFileSync(indexFile, rfcIndex())
