import assert from 'node:assert/strict'
import { authToday } from '../../lib/cli/init/auth-today'
import { diffLines } from '../../lib/cli/init/diff'
import { withSettings } from '../../lib/cli/init/ini-text'
import { pluginsOf, withLines } from '../../lib/cli/init/plugin-lines'
import type { Ini } from '../../lib/terms/settings'

const ALL = ['store', 'locks', 'login', 'deliver', 'pop3', 'imap', 'http'].map((name) => `mailbox/${name}`)
const reading =
  (files: Readonly<Record<string, Ini>>) =>
  (name: string): Ini =>
    files[name] ?? {}

describe('init: config/plugins', () => {
  it('puts a missing line below those that it needs, wherever they stand', () => {
    assert.deepEqual(pluginsOf(withLines('tls\n', [])), ['tls', ...ALL])
    const some = 'mailbox/store\ntls\nharaka-plugin-mailbox/login # ours\nmailbox/imap\nqueue/smtp_forward'
    assert.deepEqual(pluginsOf(withLines(some, [])), [
      'mailbox/store',
      'mailbox/locks',
      'tls',
      'mailbox/login',
      'mailbox/deliver',
      'mailbox/pop3',
      'mailbox/imap',
      'mailbox/http',
      'queue/smtp_forward',
    ])
    assert.deepEqual(pluginsOf(withLines('tls\nmailbox/imap\n', [])), ['tls', ...ALL])
  })

  it('keeps everything else as it is, comments and blank lines too', () => {
    const text = '# ours\n\n  tls   # certificates\nauth/flat_file\n# auth/flat_file\n'
    const after = withLines(text, ['auth/flat_file'])
    assert.deepEqual(diffLines(text, after).slice(0, 2), [
      '-auth/flat_file',
      '+# auth/flat_file   (mailbox/login does this now)',
    ])
    assert.equal(diffLines(text, after).filter((line) => line.startsWith('-')).length, 1)
    assert.equal(withLines(after, ['auth/flat_file']), after)
    assert.deepEqual(diffLines(after, after), [])
  })
})

describe('init: settings', () => {
  it('puts a setting below its explanation, changes the one that is set, makes a section that is missing', () => {
    const text = '; about\n[main]\n; what it is\n;one = 1\n;two = 2\nthree = 3\n\n[other]\n;one = x\n'
    const set = (section: string, key: string, value: string) => ({ section, key, value })
    assert.deepEqual(diffLines(text, withSettings(text, [set('main', 'one', 'a'), set('other', 'one', 'b')])), [
      '+one = a',
      '+one = b',
    ])
    assert.deepEqual(diffLines(text, withSettings(text, [set('main', 'three', '4')])), ['-three = 3', '+three = 4'])
    assert.match(withSettings(text, [set('new', 'key', 'v')]), /;one = x\n\n?\[new\]\nkey = v\n/)
    assert.equal(withSettings('two = 2\n', [set('main', 'two', '3')]), 'two = 3\n')
  })
})

describe('init: what is there today', () => {
  it('haraka-plugin-ldap: its search is taken, its line stays for aliases and recipients', () => {
    const ini = {
      main: { server: ['ldap://one.example', 'ldap://two.example'], binddn: 'cn=x', bindpw: 's', basedn: 'dc=x' },
      authn: { searchfilter: '(uid=%u)' },
    }
    const today = authToday(['ldap'], reading({ ldap: ini }))
    assert.deepEqual(today.takenOver, [])
    assert.deepEqual(Object.fromEntries(today.settings.map(({ key, value }) => [key, value])), {
      directories: 'ldap store',
      url: 'ldap://one.example',
      base: 'dc=x',
      filter: '(|(uid=%u)(&(uid=%n)(mail=*@%d)))',
      bind_dn: 'cn=x',
      bind_password: 's',
    })
    assert.ok(today.notes.some((note) => note.startsWith('take [authn] out of config/ldap.ini')))
    assert.deepEqual(authToday(['ldap'], reading({ ldap: { main: ini.main } })).settings, [])
  })

  it('auth-ldap without what our search needs: says what is to be set by hand', () => {
    const ini = { core: { rejectUnauthorized: 'false' }, dns: { dn1: '%u@ad.example' } }
    const { notes, settings } = authToday(['auth-ldap'], reading({ auth_ldap: ini }))
    assert.ok(!settings.some(({ key }) => key === 'base'))
    for (const part of [/base could not be told/, /another form/, /set bind_dn/, /NODE_EXTRA_CA_CERTS/])
      assert.ok(
        notes.some((note) => part.test(note)),
        String(part),
      )
  })

  it('constrain_sender, recipient checks and two sources at once are told', () => {
    const { notes, takenOver } = authToday(
      ['auth/flat_file', 'auth/auth_vpopmaild', 'rcpt-ldap', 'auth-imap'],
      reading({ auth_flat_file: { core: { constrain_sender: true }, users: { ann: '' } } }),
    )
    assert.deepEqual(takenOver, ['auth/flat_file', 'auth/auth_vpopmaild'])
    for (const part of [
      /constrain_sender/,
      /^rcpt-ldap is not asked/,
      /^config\/plugins has auth-imap/,
      /in what order/,
    ])
      assert.ok(
        notes.some((note) => part.test(note)),
        String(part),
      )
  })
})
