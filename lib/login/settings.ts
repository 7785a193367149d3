import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { readPostgres } from '../processes/postgres'
import { type RedisAddress, readRedis } from '../processes/redis'
import { textOf } from '../terms/errors'
import { type Ini, readSettings, type SettingsReader } from '../terms/settings'
import type { LockoutPolicy, Rule } from './lockout/lockout'
import { networkList } from './networks'

type InNetworks = (address: string) => boolean

export interface OAuthSettings {
  readonly issuer: string
  /** address of its OpenID configuration, and the scope to ask for: told to clients whose token is refused; empty: not told */
  readonly configuration: string
  readonly scope: string
  /** this service as OAuth knows it, an https:// address of webmail; empty: it has no metadata */
  readonly resource: string
  readonly audience: string
  readonly jwks: string
  /** claim that holds the account's address */
  readonly claim: string
  readonly algorithms: readonly string[]
}

export interface LoginSettings {
  readonly policy: LockoutPolicy
  readonly neverBar: InNetworks
  readonly cleartextFrom: InNetworks
  readonly trustedProxies: InNetworks
  /** unknown recipients of one connection, after which it ends; 0: no limit */
  readonly unknownRecipients: number
  readonly proxyHeader: 'always' | 'auto' | 'never'
  readonly mechanisms: readonly string[]
  /** file in config/ with authorities whose client certificates are asked for; empty: none are */
  readonly clientCa: string
  /** file of passwords that everybody knows, relative to the Haraka home; empty: none */
  readonly knownPasswords: string
  readonly directories: readonly string[]
  /** domains whose accounts open to app passwords only, outside the web; `all` */
  readonly onlyAppPasswords: readonly string[]
  /** appended to names without `@`; empty: nothing */
  readonly defaultDomain: string
  /** password hashes at once, and milliseconds that a login waits for its turn */
  readonly hashWidth: number
  readonly hashPatience: number
  /** milliseconds before which no refusal is told */
  readonly refusalTime: number
  /** milliseconds that a right password is remembered (as a keyed digest) */
  readonly cacheFor: number
  readonly attemptLog: 'embedded' | 'postgres' | 'redis'
  /** address of the database; may hold a password: never logged */
  readonly postgres: string
  readonly redis: RedisAddress
  /** begins every key in Redis */
  readonly redisPrefix: string
  readonly maxBuckets: number
  readonly maxTrail: number
  readonly keepTrail: number
  readonly oauth: OAuthSettings | undefined
  /** file of the passwd directory, relative to the Haraka home */
  readonly passwdFile: string
  readonly ldap: LdapSettings | undefined
  readonly notify: NotifySettings
  /** undefined: nobody else is asked */
  readonly policyServer: PolicySettings | undefined
}

export interface PolicySettings {
  readonly url: string
  readonly password: string
  readonly nonce: string
  /** milliseconds */
  readonly timeout: number
  readonly onFailure: 'allow' | 'refuse'
}

export interface LdapSettings {
  readonly url: string
  readonly startTls: boolean
  readonly base: string
  /** `%u` is the whole name, `%n` what stands before the `@`, `%d` the domain */
  readonly filter: string
  readonly bindDn: string
  readonly bindPassword: string
  /** attribute with the account's address */
  readonly mail: string
  readonly timeout: number
}

export interface NotifySettings {
  readonly owner: boolean
  readonly admin: string
  readonly from: string
  /** at most one mail about the same bar in this time */
  readonly every: number
}

export const MECHANISMS = [
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-1',
  'EXTERNAL',
  'OAUTHBEARER',
  'XOAUTH2',
  'PLAIN',
  'LOGIN',
] as const
const DIRECTORIES = ['store', 'auth_flat_file', 'passwd_file', 'ldap', 'vpopmaild'] as const
const DEFAULT_MECHANISMS = MECHANISMS.filter((name) => !name.startsWith('SCRAM-SHA-1'))

function networks(read: SettingsReader, key: string, fallback: readonly string[]): InNetworks {
  try {
    return networkList(read.list(key, fallback))
  } catch (error) {
    read.complain(`${key}: ${textOf(error)}`)
    return () => false
  }
}

function chosen(
  read: SettingsReader,
  key: string,
  fallback: readonly string[],
  known: readonly string[],
): readonly string[] {
  const words = read.list(key, fallback)
  for (const word of words) if (!known.includes(word)) read.complain(`${key}: ${word} is none of ${known.join(', ')}`)
  return words
}

function rule(read: SettingsReader, name: string, failures: number, window: string, bar: string): Rule {
  return {
    failures: read.number(`lockout.${name}_failures`, failures, { max: 500 }),
    window: read.duration(`lockout.${name}_window`, window),
    bar: read.duration(`lockout.${name}_bar`, bar),
  }
}

function policyOf(read: SettingsReader): LockoutPolicy {
  const times = { min: 1, max: 100 }
  return {
    enabled: read.boolean('lockout.enabled', true),
    account: [rule(read, 'account', 4, '24h', '30min'), rule(read, 'account_long', 20, '7d', '24h')],
    address: [rule(read, 'address', 10, '30min', '30min'), rule(read, 'address_long', 50, '24h', '12h')],
    siteFactor: read.number('lockout.site_factor', 2, times),
    prefixFactor: read.number('lockout.prefix_factor', 5, times),
    goodFactor: read.number('lockout.good_factor', 3, times),
    spread: rule(read, 'spread', 25, '1h', '1h'),
    recipients: rule(read, 'recipients', 50, '1h', '1h'),
    spreadNetworks: read.number('lockout.spread_networks', 5, { min: 2, max: 32 }),
    knownFor: read.duration('lockout.known_for', '30d'),
  }
}

/** OpenID Connect Discovery 4 */
const configurationOf = (issuer: string): string =>
  issuer.startsWith('https://') ? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration` : ''

/** RFC 9728 1.2: https, and no fragment. */
function resourceOf(read: SettingsReader): string {
  const text = read.text('oauth.resource', '')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (text === '' || (url?.protocol === 'https:' && !text.includes('#'))) return text
  read.complain(`oauth.resource = ${text}: expected an https:// address without #`)
  return ''
}

function oauthOf(read: SettingsReader): OAuthSettings | undefined {
  const issuer = read.text('oauth.issuer', '')
  const settings = {
    issuer,
    configuration: read.text('oauth.configuration', configurationOf(issuer)),
    scope: read.text('oauth.scope', ''),
    resource: resourceOf(read),
    audience: read.text('oauth.audience', ''),
    jwks: read.text('oauth.jwks', ''),
    claim: read.text('oauth.claim', 'email'),
    algorithms: read.list('oauth.algorithms', ['RS256', 'PS256', 'ES256', 'EdDSA']),
  }
  if (issuer === '') return undefined
  // A token for another service must not open a mailbox (RFC 8725 3.9).
  if (settings.audience === '' || settings.jwks === '') read.complain('oauth: issuer needs audience and jwks beside it')
  return settings
}

function ldapOf(read: SettingsReader, wanted: boolean): LdapSettings | undefined {
  const settings: LdapSettings = {
    url: read.text('ldap.url', ''),
    startTls: read.boolean('ldap.starttls', false),
    base: read.text('ldap.base', ''),
    filter: read.text('ldap.filter', '(mail=%u)'),
    bindDn: read.text('ldap.bind_dn', ''),
    bindPassword: read.text('ldap.bind_password', ''),
    mail: read.text('ldap.mail', 'mail'),
    timeout: read.duration('ldap.timeout', '5s'),
  }
  if (!wanted) return undefined
  if (settings.url === '' || settings.base === '') read.complain('ldap: url and base are needed')
  return settings
}

function policyServerOf(read: SettingsReader): PolicySettings | undefined {
  const settings: PolicySettings = {
    url: read.text('weakforced.url', ''),
    password: read.text('weakforced.password', ''),
    nonce: read.text('weakforced.nonce', ''),
    timeout: read.duration('weakforced.timeout', '2s'),
    onFailure: read.choice('weakforced.on_failure', ['allow', 'refuse'], 'allow'),
  }
  if (settings.url === '') return undefined
  if (!/^https?:\/\//.test(settings.url) || !URL.canParse(settings.url))
    read.complain(`weakforced.url = ${settings.url}: expected http:// or https:// and a host`)
  if (settings.password === '' || settings.nonce === '')
    read.complain('weakforced: url needs password and nonce beside it')
  return settings
}

/** Haraka's workers share the processors; mail must go on while logins are attacked. */
const defaultWidth = (): number => (cluster.isWorker ? 1 : Math.max(1, availableParallelism() >> 1))

/**
 * config/mailbox_login.ini
 * @param plugin redis.ini of haraka-plugin-redis
 * @param store config/mailbox_store.ini
 */
export function loginSettings(ini: Ini, plugin: Ini = {}, store: Ini = {}): LoginSettings {
  const read = readSettings('mailbox_login.ini', ini)
  const directories = chosen(read, 'main.directories', ['store'], DIRECTORIES)
  const settings: LoginSettings = {
    policy: policyOf(read),
    neverBar: networks(read, 'lockout.never_bar', ['none']),
    cleartextFrom: networks(read, 'main.cleartext_from', ['loopback']),
    trustedProxies: networks(read, 'main.trusted_proxies', ['none']),
    unknownRecipients: read.number('lockout.recipients_connection', 10, { max: 1000 }),
    proxyHeader: read.choice('main.proxy_header', ['auto', 'always', 'never'], 'auto'),
    clientCa: read.text('main.client_ca', ''),
    knownPasswords: read.text('main.known_passwords', ''),
    mechanisms: chosen(read, 'main.mechanisms', DEFAULT_MECHANISMS, MECHANISMS),
    directories,
    onlyAppPasswords: read.list('main.only_app_passwords', []).map((domain) => domain.toLowerCase()),
    defaultDomain: read.text('main.default_domain', '').toLowerCase(),
    hashWidth: read.number('main.hash_width', defaultWidth(), { min: 1, max: 64 }),
    hashPatience: read.duration('main.hash_patience', '5s'),
    refusalTime: read.duration('main.refusal_time', '0s'),
    cacheFor: read.duration('main.cache', '10min'),
    attemptLog: read.choice('attempts.driver', ['embedded', 'postgres', 'redis'], 'embedded'),
    postgres: readPostgres(read, 'attempts.postgres', store),
    redis: readRedis(read, 'attempts.redis', plugin),
    redisPrefix: read.text('attempts.redis_prefix', 'mailbox-login'),
    maxBuckets: read.number('attempts.max_buckets', 100_000, { min: 1000, max: 10_000_000 }),
    maxTrail: read.number('attempts.max_trail', 100_000, { max: 10_000_000 }),
    keepTrail: read.duration('attempts.keep_trail', '30d'),
    oauth: oauthOf(read),
    passwdFile: read.text('passwd_file.path', 'config/mailbox_passwd'),
    ldap: ldapOf(read, directories.includes('ldap')),
    policyServer: policyServerOf(read),
    notify: {
      owner: read.boolean('notify.owner', false),
      admin: read.text('notify.admin', ''),
      from: read.text('notify.from', ''),
      every: read.duration('notify.every', '6h'),
    },
  }
  read.done()
  return settings
}
