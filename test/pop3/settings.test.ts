import assert from 'node:assert/strict'
import { pop3Settings } from '../../lib/pop3/settings'
import type { Ini } from '../../lib/terms/settings'
import { settingsOfManual } from '../manual'

describe('mailbox_pop3.ini', () => {
  it('documents the defaults that the code has', () => {
    const ini = settingsOfManual('mailbox_pop3.ini')
    assert.deepEqual(pop3Settings(ini), pop3Settings({}))
    assert.equal(Object.values(ini).flatMap(Object.keys).length, Object.keys(pop3Settings({})).length)
  })

  const refused = (ini: Ini, why: RegExp) => assert.throws(() => pop3Settings(ini), why)

  it('an autologout timer below ten minutes is refused', () => {
    refused({ limits: { idle: '599s' } }, /limits\.idle/)
    assert.equal(pop3Settings({ limits: { idle: '10min' } }).idle, 600_000)
  })

  it('an EXPIRE that would not be kept is refused', () => {
    refused({ session: { expire: 'soon' } }, /session\.expire/)
    refused({ session: { expire: '7' } }, /retr_sets_seen/)
    refused({ session: { expire: '0', on_delete: 'keep' } }, /on_delete/)
    assert.equal(pop3Settings({ session: { expire: '7', retr_sets_seen: 'true' } }).expireDays, 7)
    assert.equal(pop3Settings({}).expireDays, undefined)
  })
})
