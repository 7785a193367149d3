import type { Ini } from '../../terms/settings'
import { type Setting, sectionOf } from './ini-text'
import { ldapSettings } from './ldap-today'

/** What a home's config/plugins and .ini files say of SMTP AUTH, and what `mailbox/login` makes of it. */
export interface AuthToday {
  /** plugins that `mailbox/login` takes the place of */
  readonly takenOver: readonly string[]
  /** for mailbox_login.ini */
  readonly settings: readonly Setting[]
  /** users of auth_flat_file.ini that become accounts, as they are written there */
  readonly flatUsers: readonly string[]
  readonly notes: readonly string[]
}

const NOTHING: AuthToday = { takenOver: [], settings: [], flatUsers: [], notes: [] }
const LDAP = ['auth-ldap', 'auth/auth_ldap']
/** Haraka's own and its packages'; `auth_base` alone does nothing. */
const isAuth = (plugin: string): boolean => /^auth[/-]/.test(plugin)

const constrains = (ini: Ini, section: string): boolean =>
  String(sectionOf(ini, section).constrain_sender ?? '') === 'true'
const SENDERS =
  'authenticated users could only send from their own domain (constrain_sender); mailbox/login does not check that'

function flatFile(ini: Ini): AuthToday {
  const core = sectionOf(ini, 'core')
  return {
    takenOver: ['auth/flat_file'],
    settings: [],
    flatUsers: Object.entries(sectionOf(ini, 'users')).flatMap(([name, password]) => (password ? [name] : [])),
    notes: [
      'config/auth_flat_file.ini holds clear passwords that nobody reads any more: delete it as soon as your users log in',
      ...(/CRAM-MD5/i.test(String(core.methods ?? ''))
        ? [
            'there is no CRAM-MD5 any more: clients set to "encrypted password" must be set to "normal password" with TLS',
          ]
        : []),
      'auth/flat_file took passwords without TLS from private networks; mailbox/login from this machine only (mailbox_login.ini cleartext_from)',
      ...(constrains(ini, 'core') ? [SENDERS] : []),
    ],
  }
}

function vpopmaild(ini: Ini): AuthToday {
  const { host = '127.0.0.1', port = 89 } = sectionOf(ini, 'main')
  return {
    ...NOTHING,
    takenOver: ['auth/auth_vpopmaild'],
    settings: [{ section: 'main', key: 'directories', value: 'vpopmaild' }],
    notes: [
      `passwords are checked by vpopmaild at ${host}:${port}, as config/auth_vpopmaild.ini says: keep that file`,
      'each user of vpopmail needs an account for the mail: haraka-mailbox accounts add NAME --no-password (docs/login.md has the loop)',
      ...(sectionOf(ini, 'main').sysadmin ? ['there is no CRAM-MD5 any more; sysadmin is not needed'] : []),
      // Haraka's plugin has it on unless it is switched off.
      ...(String(sectionOf(ini, 'main').constrain_sender ?? 'true') === 'true' ? [SENDERS] : []),
    ],
  }
}

function ldap(read: (name: string) => Ini, plugins: readonly string[]): AuthToday {
  const own = LDAP.filter((name) => plugins.includes(name))
  const { settings, notes } = ldapSettings(read, own.length > 0)
  return {
    ...NOTHING,
    takenOver: own,
    settings: [{ section: 'main', key: 'directories', value: 'ldap store' }, ...settings],
    notes: [
      ...notes,
      'each user needs an account for the mail: haraka-mailbox accounts import-ldap --dry-run shows whom your [ldap] settings find',
      ...(own.length === 0 ? ['take [authn] out of config/ldap.ini: SMTP AUTH comes from mailbox/login now'] : []),
    ],
  }
}

const RCPT = ['rcpt-ldap', 'rcpt_to.ldap', 'qmail-deliverable', 'rcpt_to.qmail_deliverable']

/** @param read an .ini of the home by its name */
export function authToday(plugins: readonly string[], read: (name: string) => Ini): AuthToday {
  const hasLdap =
    LDAP.some((name) => plugins.includes(name)) ||
    (plugins.includes('ldap') && Object.keys(sectionOf(read('ldap'), 'authn')).length > 0)
  const found = [
    ...(plugins.includes('auth/flat_file') ? [flatFile(read('auth_flat_file'))] : []),
    ...(plugins.includes('auth/auth_vpopmaild') ? [vpopmaild(read('auth_vpopmaild'))] : []),
    ...(hasLdap ? [ldap(read, plugins)] : []),
  ]
  const takenOver = found.flatMap((one) => one.takenOver)
  const others = plugins.filter((name) => isAuth(name) && !takenOver.includes(name))
  const recipients = plugins.filter((name) => RCPT.includes(name))
  return {
    takenOver,
    // Of two sources the later line wins; flat users are accounts of the store, which vpopmaild leaves nothing to.
    settings: found.flatMap((one) => one.settings),
    flatUsers: found.flatMap((one) => one.flatUsers),
    notes: [
      ...found.flatMap((one) => one.notes),
      ...(found.length > 1
        ? [
            `config/plugins has ${takenOver.join(' and ')}: look at directories in mailbox_login.ini, which says in what order they are asked`,
          ]
        : []),
      ...others.map(
        (name) =>
          `config/plugins has ${name}: SMTP AUTH comes from mailbox/login now, so take that line out (two would both be offered). ` +
          'Its users need accounts with passwords, or a plugin with the hook login (docs/login.md)',
      ),
      ...recipients.map(
        (name) =>
          `${name} is not asked any more for the domains of config/host_list: accounts and aliases are the recipients. ` +
          'To let it decide first: mailbox_deliver.ini rcpt = last',
      ),
    ],
  }
}
