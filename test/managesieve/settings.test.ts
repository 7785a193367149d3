import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sieveSettings } from '../../lib/managesieve/settings'

it('config/mailbox_sieve.ini shows every setting with its default', () => {
  const manual = readFileSync(join(__dirname, '../../config/mailbox_sieve.ini'), 'utf8')
  const ini: Record<string, Record<string, string>> = {}
  let section = ''
  for (const line of manual.split('\n')) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section
    const [, key, value] = /^;([a-z_]+) = (.*)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) ini[section] = { ...ini[section], [key]: value }
  }
  assert.equal(Object.values(ini).flatMap(Object.keys).length, Object.keys(sieveSettings({})).length)
  assert.deepEqual(sieveSettings(ini), sieveSettings({}))
  assert.throws(() => sieveSettings({ limits: { idle: '1s' } }), /limits\.idle/)
})
