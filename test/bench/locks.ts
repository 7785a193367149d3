import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { LockRequest, Locks } from '../../lib/locks/locks'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { REDIS, redisAnswers, removeKeys } from '../redis'
import { type Load, load, loadOfTwo } from './locks-load'

/** What a lock costs: acquire and release a second, their time and CPU, alone and beside another process; the time from release to the waiter's grant, renewals of 10,000 leases. */

const LOAD = 3000
const SESSIONS = [1, 16]
const WAKES = 200
const LEASES = 10_000
const QUIET = 20_000

const request = (account: string, access: 'exclusive' | 'shared', wait = 0): LockRequest => ({
  account,
  access,
  protocol: access === 'exclusive' ? 'pop3' : 'imap',
  address: '192.0.2.1',
  wait,
})

async function take(locks: Locks, wanted: LockRequest) {
  const result = await locks.acquire(wanted)
  if (!result.ok) throw new Error(`${wanted.account}: ${result.fault.kind}`)
  return result.value
}

const cpu = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}
const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2)

const show = ({ rate, median, p99, worst, cpu }: Load): string =>
  `${rate.toFixed(0)} acquire + release a second, ${cpu.toFixed(3)} ms CPU; an act, ms: median ${median.toFixed(3)}, p99 ${p99.toFixed(3)}, worst ${worst.toFixed(1)}`

async function measure(name: string, here: Locks, there: Locks, folder: string): Promise<void> {
  await load(here, 1, 500, 'warm')
  for (const sessions of SESSIONS) {
    console.log(`${name}, ${sessions} sessions: ${show(await load(here, sessions, LOAD, 'here'))}`)
    if (name !== 'embedded') continue
    for (const figures of await loadOfTwo(folder, here, sessions, LOAD))
      console.log(`${name}, ${sessions} sessions in each of two processes: ${show(figures)}`)
  }

  const waits: number[] = []
  for (let n = 0; n < WAKES; n++) {
    const lease = await take(here, request('wake', 'exclusive'))
    const waiting = take(there, request('wake', 'exclusive', 10_000))
    while ((await here.list('wake'))[0]?.waiters !== 1) await new Promise((resolve) => setImmediate(resolve))
    const released = performance.now()
    await lease.release()
    await (await waiting).release()
    waits.push(performance.now() - released)
  }
  waits.sort((a, b) => a - b)
  console.log(`${name}: release to the waiter's grant, ms: median ${at(waits, 0.5)}, p99 ${at(waits, 0.99)}`)

  for (let n = 0; n < LEASES; n++) await take(here, request(`imap${n}`, 'shared'))
  const quiet = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, QUIET))
  console.log(`${name}: ${LEASES} leases renewed at ${((cpu(quiet) / QUIET) * 100).toFixed(2)} % of a core`)
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-bench-locks-'))
  const settings = lockSettings({ main: { redis: REDIS, redis_prefix: 'mailbox-bench-locks' } })
  try {
    const drivers: [string, () => Promise<Locks>][] = [
      ['embedded', () => openEmbeddedLocks({ path: folder, settings })],
    ]
    if (await redisAnswers()) drivers.push(['redis', () => openRedisLocks({ settings })])
    else console.log('redis: not there, not measured')
    for (const [name, open] of drivers) {
      const [here, there] = [await open(), await open()]
      await measure(name, here, there, folder)
      await Promise.all([here.close(), there.close()])
    }
    if (drivers.length > 1) await removeKeys('{mailbox-bench-locks}:')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
