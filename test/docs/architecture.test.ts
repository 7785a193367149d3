import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../lib/package-root'

describe('docs/architecture.md', () => {
  it('has the rooms that the checker knows, on their floors', () => {
    const page = readFileSync(path.join(packageRoot, 'docs/architecture.md'), 'utf8')
    const rows = [...page.matchAll(/^\| (\d) \| (.+?) \|/gm)].flatMap(([, floor, rooms = '']) =>
      [...rooms.matchAll(/`([a-z0-9]+)`/g)].map(([, room]) => `${room} ${floor}`),
    )
    const rules = readFileSync(path.join(packageRoot, '.dependency-cruiser.cjs'), 'utf8')
    const [, floors = ''] = /const floors = (\[[\s\S]*?\n\])/.exec(rules) ?? []
    const checked = [...floors.matchAll(/^ {2}\[(.+)\],$/gm)].flatMap(([, rooms = ''], floor) =>
      [...rooms.matchAll(/'(\w+)'/g)].map(([, room]) => `${room} ${floor}`),
    )
    assert.ok(checked.length > 15)
    assert.deepEqual(rows.sort(), checked.sort())
  })
})
