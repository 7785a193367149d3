import { createHash } from 'node:crypto'
import { memoryAttempts } from '../../lib/login/attempts/memory'
import { type Chain, directoryChain } from '../../lib/login/chain'
import { createLogin, type LoginPorts } from '../../lib/login/create-login'
import type { Directory, DirectoryEntry } from '../../lib/login/directory'
import type { LoginPeer } from '../../lib/login/login'
import { hashPassword } from '../../lib/login/passwords'
import { loginSettings } from '../../lib/login/settings'
import type { Log } from '../../lib/terms/ports'
import type { Ini } from '../../lib/terms/settings'

export interface TestClock {
  now(): number
  pass(milliseconds: number): void
}

export function testClock(start = 1_800_000_000_000): TestClock {
  let time = start
  return {
    now: () => time,
    pass: (milliseconds) => {
      time += milliseconds
    },
  }
}

/** Remembers every line of every level. */
export function testLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const write = (text: string): void => {
    lines.push(text)
  }
  return { lines, debug: write, info: write, warn: write, error: write }
}

export const peerAt = (address: string, more: Partial<LoginPeer> = {}): LoginPeer => ({
  protocol: 'imap',
  address,
  tls: true,
  connection: `c${Math.random()}`,
  ...more,
})

/** Hashes are made once for a whole run: they are slow on purpose. */
const hashed = new Map<string, ReturnType<typeof hashPassword>>()
export async function person(
  name: string,
  password: string,
  more: Partial<DirectoryEntry> = {},
): Promise<DirectoryEntry> {
  const verifiers = hashed.get(password) ?? hashPassword(password)
  hashed.set(password, verifiers)
  const id = createHash('sha256').update(name).digest('hex').slice(0, 12)
  return {
    id,
    name,
    disabled: false,
    protocols: [],
    admin: false,
    overrides: {},
    appPasswords: [],
    ...(await verifiers),
    ...more,
  }
}

export function directoryOf(
  ...people: readonly DirectoryEntry[]
): Directory & { readonly people: Map<string, DirectoryEntry> } {
  const map = new Map(people.map((entry) => [entry.name, entry]))
  return {
    people: map,
    lookup: async (user) => map.get(user),
    rehash: async (entry, verifiers) => {
      map.set(entry.name, { ...entry, ...verifiers })
    },
  }
}

const SECRET = Buffer.alloc(32, 7)

/** A door over memory; everything can be replaced. */
export function door(directory: Directory, ini: Ini = {}, more: Partial<LoginPorts> = {}) {
  const settings = loginSettings(ini)
  const clock = testClock()
  const log = testLog()
  const counted: { name: string; labels: Readonly<Record<string, string>> | undefined }[] = []
  const metrics = {
    count: (name: string, labels?: Readonly<Record<string, string>>) => {
      counted.push({ name, labels })
    },
    observe() {},
    move() {},
  }
  const chain: Chain = directoryChain
  const attempts = memoryAttempts(settings.policy)
  const ports = { directory, attempts, chain, settings, secret: SECRET, clock, log, metrics, ...more }
  return { login: createLogin(ports), attempts: ports.attempts, clock, log, counted, settings }
}
