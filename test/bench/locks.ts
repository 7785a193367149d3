import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { LockRequest, Locks } from '../../lib/locks/locks'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { REDIS, redisAnswers, removeKeys } from '../redis'

/** What a lock costs: CPU of acquire and release, the time from release to the waiter's grant, renewals of 10,000 leases. */

const PAIRS = 5000
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

async function measure(name: string, here: Locks, there: Locks): Promise<void> {
  for (let n = 0; n < 500; n++) await (await take(here, request('warm', 'exclusive'))).release()
  const before = process.cpuUsage()
  for (let n = 0; n < PAIRS; n++) await (await take(here, request(`a${n % 100}`, 'exclusive'))).release()
  console.log(`${name}: acquire + release ${(cpu(before) / PAIRS).toFixed(3)} ms CPU`)

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
      await measure(name, here, there)
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
