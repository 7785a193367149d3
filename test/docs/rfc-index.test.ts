import assert from 'node:assert/strict'
import { citations, indexOnDisk, statuses } from './rfc-index'

describe('docs/rfc-index.md', () => {
  it('knows every RFC that the code cites', () => {
    const known = Object.keys(statuses())
    assert.deepEqual(
      [...citations().keys()].filter((number) => !known.includes(number)),
      [],
      'add these to their IMAP extension, or to docs/rfc-status.json',
    )
  })
  it('says of each RFC what its row says (npm run docs:rfc writes it)', () => {
    const rows = new Map(
      [...indexOnDisk().matchAll(/^\| (\d+) \| .* \| (yes|part|no) \|/gm)].map(([, number, state]) => [number, state]),
    )
    assert.deepEqual(
      Object.fromEntries(rows),
      Object.fromEntries(Object.entries(statuses()).map(([number, { state }]) => [number, state])),
    )
  })
})
