import assert from 'node:assert/strict'
import { sieveSettings } from '../../lib/managesieve/settings'
import { settingsOfManual } from '../manual'

it('config/mailbox_sieve.ini shows every setting with its default', () => {
  const manual = settingsOfManual('mailbox_sieve.ini')
  assert.equal(Object.values(manual).flatMap(Object.keys).length, Object.keys(sieveSettings({})).length)
  assert.deepEqual(sieveSettings(manual), sieveSettings({}))
  assert.throws(() => sieveSettings({ limits: { idle: '1s' } }), /limits\.idle/)
})
