import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Locks } from '../../lib/locks/locks'
import { lockSettings } from '../../lib/locks/settings'

/** Sessions that log in and out without a pause, each in mailboxes of its own: what the table costs when nobody waits for anybody. */

export interface Load {
  /** pairs of acquire and release a second */
  readonly rate: number
  /** milliseconds of one acquire or one release */
  readonly median: number
  readonly p99: number
  readonly worst: number
  /** milliseconds of CPU of the process for one pair */
  readonly cpu: number
}

const ACCOUNTS = 50

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/** @param milliseconds for which it runs */
export async function load(locks: Locks, sessions: number, milliseconds: number, prefix: string): Promise<Load> {
  const acts: number[] = []
  const began = performance.now()
  const used = process.cpuUsage()
  async function timed<T>(act: () => Promise<T>): Promise<T> {
    const from = performance.now()
    const value = await act()
    acts.push(performance.now() - from)
    return value
  }
  async function session(number: number): Promise<void> {
    for (let round = 0; performance.now() - began < milliseconds; round++) {
      const account = `${prefix}-${number}-${round % ACCOUNTS}`
      const lease = await timed(() =>
        locks.acquire({ account, access: 'exclusive', protocol: 'pop3', address: '192.0.2.1', wait: 0 }),
      )
      if (!lease.ok) throw new Error(`${account}: ${lease.fault.kind}`)
      await timed(() => lease.value.release())
      // Locks that answer at once would keep everybody else off the loop.
      await new Promise(setImmediate)
    }
  }
  await Promise.all(Array.from({ length: sessions }, (_, number) => session(number)))
  const { user, system } = process.cpuUsage(used)
  acts.sort((a, b) => a - b)
  const pairs = acts.length / 2
  return {
    rate: (pairs / (performance.now() - began)) * 1000,
    median: at(acts, 0.5),
    p99: at(acts, 0.99),
    worst: at(acts, 1),
    cpu: (user + system) / 1000 / pairs,
  }
}

/** The same load in this process and in another one, at once. */
export async function loadOfTwo(folder: string, locks: Locks, sessions: number, milliseconds: number): Promise<Load[]> {
  const child = fork(__filename, [folder, String(sessions), String(milliseconds)])
  await once(child, 'message')
  const theirs = once(child, 'message')
  child.send('go')
  const mine = await load(locks, sessions, milliseconds, 'here')
  const [figures] = await theirs
  await once(child, 'exit')
  return [mine, figures]
}

async function main([folder = '', sessions, milliseconds]: readonly string[]): Promise<void> {
  const locks = await openEmbeddedLocks({ path: folder, settings: lockSettings({}) })
  await load(locks, 1, 200, 'warm')
  const told = once(process, 'message')
  process.send?.('ready')
  await told
  const figures = await load(locks, Number(sessions), Number(milliseconds), 'there')
  await locks.close()
  process.send?.(figures)
  process.disconnect()
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
}
