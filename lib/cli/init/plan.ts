import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import config from 'haraka-config'
import { packageRoot } from '../../package-root'
import type { Ini } from '../../terms/settings'
import { authToday } from './auth-today'
import { diffLines } from './diff'
import { type Setting, withSettings } from './ini-text'
import { pluginsOf, withLines } from './plugin-lines'

/** One file of config/ as it is and as it will be. */
export interface FileChange {
  readonly name: string
  /** undefined: there is none yet */
  readonly before: string | undefined
  readonly after: string
  /** the package's own text, when the file is new */
  readonly manual: string
  /** a file of config/ whose secrets are copied: who may read them stays the same */
  readonly secretsOf?: string
}

export interface Plan {
  readonly files: readonly FileChange[]
  /** users of auth_flat_file.ini that become accounts, and the domain of those who have none */
  readonly flatUsers: readonly string[]
  readonly domain: string | undefined
  readonly notes: readonly string[]
}

const readIf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

/** The one domain that the home takes mail for, if it is one. */
function onlyDomain(folder: string): string | undefined {
  const hosts = pluginsOf(readIf(path.join(folder, 'host_list')) ?? '')
  const domains = hosts.filter((host) => host.includes('.') && !/^localhost(\.|$)/.test(host))
  return domains.length === 1 ? domains[0]?.toLowerCase() : undefined
}

function advice(plugins: readonly string[], smtp: Ini, home: string): string[] {
  return [
    ...(plugins.includes('tls')
      ? []
      : [
          'config/plugins has no line tls: without certificates passwords are accepted from this machine only (docs/login.md)',
        ]),
    ...(sectionText(smtp)('graceful_shutdown') === 'true'
      ? []
      : ['set graceful_shutdown = true in config/smtp.ini: clients hear when Haraka stops (docs/operating.md)']),
    'put the domains that you receive mail for into config/host_list',
    `then: haraka-mailbox accounts add --home ${home} user@example.org`,
  ]
}

/** What is missing in a Haraka home, and what stands in the way of the one login. Nothing is done yet. */
export function planFor(home: string, wantedDomain?: string): Plan {
  const folder = path.join(home, 'config')
  const plugins = readIf(path.join(folder, 'plugins'))
  if (plugins === undefined) {
    throw new Error(`${home} is not a Haraka home: config/plugins is missing. Make one with \`haraka -i ${home}\`.`)
  }
  const inis = config.module_config(packageRoot, home)
  const read = (name: string): Ini => inis.get(`${name}.ini`, { no_watch: true }) as Ini // haraka-config gives sections of text
  const present = pluginsOf(plugins)
  const today = authToday(present, read)
  const login = sectionText(read('mailbox_login'))
  const domain = wantedDomain ?? (login('default_domain') || onlyDomain(folder))
  const bare = today.flatUsers.some((name) => !name.includes('@')) || today.settings.some(({ key }) => key === 'url')
  const settings: Setting[] = [
    ...today.settings,
    ...(bare && domain ? [{ section: 'main', key: 'default_domain', value: domain }] : []),
  ]

  const files = readdirSync(path.join(packageRoot, 'config'))
    .filter((name) => name.endsWith('.ini'))
    .map((name): FileChange => {
      const manual = readFileSync(path.join(packageRoot, 'config', name), 'utf8')
      const before = readIf(path.join(folder, name))
      const after = withSettings(before ?? manual, name === 'mailbox_login.ini' ? settings : [])
      const secret = name === 'mailbox_login.ini' && settings.some(({ key }) => key === 'bind_password')
      return {
        name,
        before,
        after,
        manual,
        ...(secret && { secretsOf: present.includes('ldap') ? 'ldap.ini' : 'rcpt_to.ldap.ini' }),
      }
    })
  files.push({ name: 'plugins', before: plugins, after: withLines(plugins, today.takenOver), manual: '' })
  return {
    files: files.filter(({ before, after }) => before !== after),
    flatUsers: today.flatUsers,
    domain,
    notes: [...today.notes, ...advice(present, read('smtp'), home)],
  }
}

const sectionText =
  ({ main }: Ini) =>
  (key: string): string =>
    typeof main === 'object' && main !== null ? String(Reflect.get(main, key) ?? '') : ''

const hidden = (line: string): string => line.replace(/^(.\s*bind_password\s*=\s*).+/, '$1(hidden here)')

/** The plan as lines for the operator; secrets are not among them. */
export function shown({ files, flatUsers, domain }: Plan): string[] {
  const text = files.flatMap(({ name, before, after, manual }) => {
    const lines = diffLines(before ?? manual, after).map(hidden)
    if (before !== undefined) return [`change    config/${name}`, ...lines]
    return [`new file  config/${name}${lines.length > 0 ? ', with' : ''}`, ...lines]
  })
  if (flatUsers.length === 0) return text
  const full = (name: string): string => (name.includes('@') || domain === undefined ? name : `${name}@${domain}`)
  return [
    ...text,
    'accounts of config/auth_flat_file.ini, passwords hashed (who has an account with a password keeps it)',
    ...flatUsers.map((name) => `+${full(name).toLowerCase()}`),
  ]
}

/** Whether something that is there would be another; lines that only come need no leave. */
export const changesWhatIs = ({ files, flatUsers }: Plan): boolean =>
  flatUsers.length > 0 ||
  files.some(
    ({ name, before, after }) =>
      before !== undefined &&
      diffLines(before, after).some((line) => line.startsWith('-') || (name !== 'plugins' && line.startsWith('+'))),
  )

export function write(home: string, { name, after, secretsOf }: FileChange): void {
  const file = path.join(home, 'config', name)
  const fresh = !existsSync(file)
  writeFileSync(file, after, fresh && secretsOf ? { mode: 0o600 } : {})
  const model = secretsOf && path.join(home, 'config', secretsOf)
  if (!fresh || !model || !existsSync(model)) return
  const { mode, uid, gid } = statSync(model)
  chmodSync(file, mode & 0o777)
  if (process.getuid?.() === 0) chownSync(file, uid, gid)
}
