import assert from 'node:assert/strict'
import { lmtpSettings } from '../../lib/lmtp/settings'
import { settingsOfManual } from '../manual'

it('config/mailbox_lmtp.ini shows every setting with its default', () => {
  const manual = settingsOfManual('mailbox_lmtp.ini')
  assert.equal(Object.values(manual).flatMap(Object.keys).length, Object.keys(lmtpSettings({})).length)
  assert.deepEqual(lmtpSettings(manual), lmtpSettings({}))
  assert.throws(() => lmtpSettings({ main: { socket_mode: '9' } }), /socket_mode/)
})
