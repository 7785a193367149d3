import { readFileSync } from 'node:fs'
import path from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { DEFAULT_STORE_DRIVER, storeDriverNames } from '../../store/drivers'

/** Listeners of `demo` with their default ports; 0 leaves one out. */
const LISTENERS = {
  smtp: 2525,
  submission: 2587,
  pop3: 2110,
  pop3s: 2995,
  imap: 2143,
  imaps: 2993,
  lmtp: 2424,
  http: 2080,
  sieve: 0,
} as const
export type Listener = keyof typeof LISTENERS
export const LISTENER_NAMES = Object.keys(LISTENERS) as readonly Listener[] // keys of the literal above
type Ports = Readonly<Record<Listener, number>>

export interface AccountArgument {
  readonly name: string
  readonly password: string
}
export interface Override {
  readonly file: string
  readonly section: string
  readonly key: string
  readonly value: string
}

export interface DemoOptions extends Ports {
  readonly home: string
  /** the folder of a Haraka */
  readonly haraka?: string
  readonly listen: string
  readonly nodes: number
  readonly account: readonly AccountArgument[]
  readonly accountsFile?: string
  readonly set: readonly Override[]
  /** further lines of config/plugins */
  readonly plugin: readonly string[]
  readonly store: string
  readonly locks: 'embedded' | 'postgres' | 'redis' | 'memory'
  readonly welcome?: boolean
}

function whole(max: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value <= max) return value
    throw new InvalidArgumentError(`must be a whole number from 0 to ${max}.`)
  }
}

function parseAccount(text: string): AccountArgument {
  const match = /^([^\s:@]+@[^\s:@]+):(.+)$/.exec(text)
  const [, name, password] = match ?? []
  if (name !== undefined && password !== undefined) return { name: name.toLowerCase(), password }
  throw new InvalidArgumentError('must be NAME:PASSWORD, where NAME is a full address such as user@example.org.')
}

function parseOverride(text: string): Override {
  const match = /^([\w.-]+\.ini):([\w-]+)\.([\w.-]+)=(.*)$/s.exec(text)
  const [, file, section, key, value] = match ?? []
  if (file && section && key && value !== undefined) return { file, section, key, value }
  throw new InvalidArgumentError('must be FILE.ini:section.key=value.')
}

/** One NAME:PASSWORD a line; empty lines and lines that start with # are left out. */
export function readAccountsFile(file: string): AccountArgument[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  return lines.flatMap((text, index) => {
    if (text.trim() === '' || text.startsWith('#')) return []
    try {
      return [parseAccount(text)]
    } catch {
      // The line itself is not shown: it may hold a password.
      throw new Error(`${file}, line ${index + 1}: must be NAME:PASSWORD`)
    }
  })
}

const gather =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[]): readonly T[] => [...before, parse(text)]

export const demoOptions: readonly Option[] = [
  new Option('--home <dir>', 'where configuration and mail lie').default(path.resolve('demo-home'), './demo-home'),
  new Option('--haraka <dir>', 'the Haraka to run (default: the one that is installed here)'),
  new Option('--listen <address>', 'address of all listeners').default('127.0.0.1'),
  ...LISTENER_NAMES.map((name) =>
    new Option(`--${name} <port>`, `port of ${name}, 0 leaves it out`).default(LISTENERS[name]).argParser(whole(65535)),
  ),
  new Option('--nodes <n>', 'worker processes; 0: everything in one process').default(1).argParser(whole(64)),
  new Option('--account <name:password>', 'an account to have (repeatable)')
    .default([])
    .argParser(gather(parseAccount)),
  new Option('--accounts-file <file>', 'accounts to have, one NAME:PASSWORD a line'),
  new Option('--set <file.ini:section.key=value>', 'a setting (repeatable)')
    .default([])
    .argParser(gather(parseOverride)),
  new Option('--plugin <line>', 'a further line of config/plugins (repeatable)')
    .default([])
    .argParser(gather((text) => text)),
  new Option('--store <driver>').choices(storeDriverNames).default(DEFAULT_STORE_DRIVER),
  new Option('--locks <driver>').choices(['embedded', 'postgres', 'redis', 'memory']).default('embedded'),
  new Option('--welcome', 'print how to use it, and put a welcome message into a new account'),
]
