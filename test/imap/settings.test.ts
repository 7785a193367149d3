import assert from 'node:assert/strict'
import { imapSettings } from '../../lib/imap/settings'
import { settingsOfManual } from '../manual'

describe('mailbox_imap.ini', () => {
  it('documents the defaults that the code has', () => {
    const ini = settingsOfManual('mailbox_imap.ini')
    assert.deepEqual(imapSettings(ini), imapSettings({}))
    assert.equal(Object.values(ini).flatMap(Object.keys).length, Object.keys(imapSettings({})).length)
  })

  it('takes one of message_limit and save_limit (RFC 9738 4)', () => {
    assert.equal(imapSettings({ limits: { message_limit: '1000' } }).messageLimit, 1000)
    assert.throws(() => imapSettings({ limits: { message_limit: '1000', save_limit: '2000' } }), /limits\.save_limit/)
  })

  it('an autologout timer below thirty minutes is refused (RFC 9051 5.4)', () => {
    assert.throws(() => imapSettings({ limits: { idle: '1799s' } }), /limits\.idle/)
    assert.equal(imapSettings({ limits: { idle: '30min' } }).idle, 1_800_000)
  })
})
