import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../lib/terms/metrics'

describe('docs/metrics.md', () => {
  it('says of each metric what the catalog says', () => {
    const text = readFileSync(path.join(packageRoot, 'docs/metrics.md'), 'utf8')
    const rows = [...text.matchAll(/^\| `(mailbox_\w+)` \| (.*) \| (.*) \|$/gm)].map(([, ...cells]) => cells)
    const wanted = Object.entries({ ...COUNTERS, ...GAUGES, ...HISTOGRAMS }).map(([name, { labels, help }]) => [
      name,
      labels.join(', '),
      help,
    ])
    assert.deepEqual(rows, wanted)
  })
})
