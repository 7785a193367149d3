import assert from 'node:assert/strict'
import { sieveSettings } from '../../lib/managesieve/settings'
import { rulesSettings } from '../../lib/sieve/settings'
import { settingsOfManual } from '../manual'

it('config/mailbox_sieve.ini shows every setting with its default', () => {
  const manual = settingsOfManual('mailbox_sieve.ini')
  const all = { ...sieveSettings({}), ...rulesSettings({}) }
  assert.equal(Object.values(manual).flatMap(Object.keys).length, Object.keys(all).length)
  assert.deepEqual(sieveSettings(manual), sieveSettings({}))
  assert.deepEqual(rulesSettings(manual), rulesSettings({}))
  assert.deepEqual(rulesSettings({ rules: { without: 'none', global_scripts: 'sieve' } }), {
    globalScripts: 'sieve',
    without: new Set(),
    redirects: 4,
  })
  assert.throws(() => sieveSettings({ limits: { idle: '1s' } }), /limits\.idle/)
})
