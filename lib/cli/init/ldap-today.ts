import type { Ini } from '../../terms/settings'
import { type Setting, sectionOf } from './ini-text'

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : Array.isArray(value) ? String(value[0]) : ''

interface Found {
  readonly settings: readonly Setting[]
  readonly notes: readonly string[]
}

const settingsOf = (values: Readonly<Record<string, string>>): Setting[] =>
  Object.entries(values).flatMap(([key, value]) => (value === '' ? [] : [{ section: 'ldap', key, value }]))

/** The part that all of these names end with: `ou=a,dc=x` and `ou=b,dc=x` have `dc=x`. */
function commonBase(bases: readonly string[]): string {
  const parts = bases.map((base) =>
    base
      .split(',')
      .map((part) => part.trim())
      .reverse(),
  )
  const [first = []] = parts
  const differs = first.findIndex((part, index) => parts.some((other) => other[index] !== part))
  return first
    .slice(0, differs < 0 ? first.length : differs)
    .reverse()
    .join(',')
}

const anyOf = (filters: readonly string[]): string => {
  const different = [...new Set(filters)]
  return different.length === 1 ? (different[0] ?? '') : `(|${different.join('')})`
}
/** A name without domain has the default one by now, so `uid=ann` is who has an address there: not Ann of any domain. */
const eitherName = (filter: string): readonly string[] => [filter, `(&${filter.replaceAll('%u', '%n')}(mail=*@%d))`]

/** auth_ldap.ini has names to bind with, such as `uid=%u,ou=people,dc=example,dc=org`; ours searches. */
function fromAuthLdap(ini: Ini, recipients: Ini): Found {
  const core = sectionOf(ini, 'core')
  const templates = Object.values(sectionOf(ini, 'dns')).map(text)
  const names = templates.flatMap((template) => {
    const [, attribute, base] = /^\s*([\w-]+)=%u\s*,\s*(.+)$/.exec(template) ?? []
    return attribute && base ? [{ attribute, base }] : []
  })
  const main = sectionOf(recipients, 'main')
  const attributes = [...new Set(names.map(({ attribute }) => attribute))]
  const base = commonBase(names.map((name) => name.base)) || text(main.basedn)
  const filters = attributes
    .filter((attribute) => attribute !== 'mail')
    .flatMap((attribute) => eitherName(`(${attribute}=%u)`))
  return {
    settings: settingsOf({
      url: text(core.server) || 'ldap://127.0.0.1',
      base,
      filter: anyOf(['(mail=%u)', ...filters]),
      bind_dn: text(main.binddn),
      bind_password: text(main.bindpw),
    }),
    notes: [
      ...(base === ''
        ? ['[ldap] base could not be told from config/auth_ldap.ini: set it in config/mailbox_login.ini']
        : []),
      ...(names.length < templates.length
        ? ['a name in [dns] of auth_ldap.ini has another form than attribute=%u,base: look at [ldap] filter']
        : []),
      ...(text(main.binddn) === ''
        ? [
            'mailbox/login searches before it binds: if your LDAP server lets nobody search without a name, set bind_dn and bind_password',
          ]
        : []),
      ...(String(core.rejectUnauthorized) === 'false'
        ? ["the LDAP server's certificate is verified now: an authority of your own goes into NODE_EXTRA_CA_CERTS"]
        : []),
    ],
  }
}

/** ldap.ini of haraka-plugin-ldap. */
function fromLdapIni(ini: Ini): Found {
  const main = sectionOf(ini, 'main')
  const authn = sectionOf(ini, 'authn')
  return {
    settings: settingsOf({
      url: text(main.server) || 'ldap://localhost:389',
      base: text(authn.basedn) || text(main.basedn),
      filter: anyOf(eitherName(text(authn.searchfilter) || '(&(objectclass=*)(uid=%u))')),
      bind_dn: text(main.binddn),
      bind_password: text(main.bindpw),
    }),
    notes: [],
  }
}

export const ldapSettings = (read: (name: string) => Ini, authLdap: boolean): Found =>
  authLdap ? fromAuthLdap(read('auth_ldap'), read('rcpt_to.ldap')) : fromLdapIni(read('ldap'))
