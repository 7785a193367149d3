import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loginSettings } from '../../lib/login/settings'
import { settingsOfManual } from '../manual'

const manual = readFileSync(join(__dirname, '../../config/mailbox_login.ini'), 'utf8')

describe('config/mailbox_login.ini', () => {
  it('shows every setting with its default', () => {
    const ini = settingsOfManual('mailbox_login.ini')
    assert.ok(Object.keys(ini.lockout ?? {}).length > 15)
    const plain = (settings: object): string =>
      JSON.stringify(settings, (key, value: unknown) =>
        ['oauth', 'ldap', 'policyServer'].includes(key) ? undefined : value,
      )
    assert.equal(plain(loginSettings(ini)), plain(loginSettings({})))
    for (const address of ['127.0.0.1', '::1']) assert.equal(loginSettings(ini).neverBar(address), false)
    assert.equal(loginSettings(ini).neverBar('192.0.2.1'), false)
  })

  it('sets nothing by itself', () => {
    assert.deepEqual(
      manual.split('\n').filter((line) => line !== '' && !/^(;|\[)/.test(line)),
      [],
    )
  })
})
