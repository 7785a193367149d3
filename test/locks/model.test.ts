import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Access, Lease, Locks } from '../../lib/locks/locks'
import { openMemoryLocks } from '../../lib/locks/memory'
import { openPostgresLocks } from '../../lib/locks/postgres'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { testDatabase } from '../postgres'
import { REDIS, redisAnswers, redisOrSkip, removeKeys } from '../redis'

/**
 * The lock protocol against its invariants, in random interleavings: no two exclusive holders, none beside a shared one, fences
 * that only grow, release by who lost its lease without effect, every waiter served or refused, nothing left at the end.
 */
type Step =
  | {
      readonly kind: 'acquire'
      readonly peer: number
      readonly account: number
      readonly access: Access
      readonly wait: boolean
    }
  | { readonly kind: 'release' | 'hangup' | 'again'; readonly which: number }
  | { readonly kind: 'kick'; readonly peer: number; readonly account: number }
  | { readonly kind: 'clock'; readonly by: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      peer: fc.nat(1),
      account: fc.nat(1),
      access: fc.constantFrom('exclusive' as const, 'shared' as const),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('release' as const, 'hangup' as const, 'again' as const),
      which: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kick' as const), peer: fc.nat(1), account: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), by: fc.integer({ min: -5000, max: 5000 }) }),
  },
)

const settings = lockSettings({})
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
let operations = 0

class World {
  readonly held = new Set<Lease>()
  readonly over: Lease[] = []
  readonly waiters = new Map<AbortController, Promise<void>>()
  readonly highest = new Map<string, number>()

  constructor(
    readonly peers: readonly Locks[],
    readonly prefix: string,
  ) {}

  granted(lease: Lease): void {
    for (const other of this.held) {
      if (other.account !== lease.account || other.lost.aborted) continue
      assert.ok(
        lease.access === 'shared' && other.access === 'shared',
        `${lease.access} was let in beside ${other.access}`,
      )
    }
    const before = this.highest.get(lease.account) ?? 0
    if (lease.access === 'exclusive') assert.ok(lease.fence > before, 'an exclusive grant needs a higher fence')
    assert.ok(lease.fence >= before)
    this.highest.set(lease.account, lease.fence)
    this.held.add(lease)
    lease.lost.addEventListener('abort', () => {
      this.held.delete(lease)
      this.over.push(lease)
    })
  }

  acquire({ peer, account, access, wait }: Extract<Step, { kind: 'acquire' }>): void {
    const gone = new AbortController()
    const locks = this.peers[peer % this.peers.length]
    assert.ok(locks)
    const request = {
      account: `${this.prefix}${account}`,
      access,
      protocol: access === 'exclusive' ? ('pop3' as const) : ('imap' as const),
      address: '192.0.2.1',
      wait: wait ? 60_000 : 0,
    }
    const done = locks.acquire(request, gone.signal).then((result) => {
      this.waiters.delete(gone)
      if (result.ok) this.granted(result.value)
      else assert.ok(result.fault.kind === 'held' || result.fault.kind === 'cancelled', result.fault.kind)
    })
    this.waiters.set(gone, done)
  }

  async step(step: Step, clock: { offset: number }): Promise<void> {
    operations++
    switch (step.kind) {
      case 'acquire':
        this.acquire(step)
        break
      case 'release': {
        const lease = [...this.held][step.which % Math.max(1, this.held.size)]
        if (lease) {
          this.held.delete(lease)
          this.over.push(lease)
          await lease.release()
        }
        break
      }
      case 'again':
        // Whose lease is over changes nothing any more.
        await this.over[step.which % Math.max(1, this.over.length)]?.release()
        break
      case 'hangup':
        ;[...this.waiters.keys()][step.which % Math.max(1, this.waiters.size)]?.abort()
        break
      case 'kick':
        await this.peers[step.peer % this.peers.length]?.kick(`${this.prefix}${step.account}`)
        break
      case 'clock':
        clock.offset += step.by
        break
    }
    await turn()
  }

  async finish(): Promise<void> {
    // Whoever still waits gets in when the others go, one after another.
    while (this.waiters.size > 0 || this.held.size > 0) {
      for (const lease of [...this.held]) {
        this.held.delete(lease)
        await lease.release()
      }
      await Promise.race([...this.waiters.values(), turn()])
    }
    // A lease that was kicked is given back by its own process, which the other may see some turns later.
    for (const account of [0, 1]) {
      const left = async (): Promise<unknown> => this.peers[0]?.list(`${this.prefix}${account}`)
      for (let tries = 500; tries > 0 && JSON.stringify(await left()) !== '[]'; tries--) await turn()
      assert.deepEqual(await left(), [])
    }
  }
}

function model(name: string, open: (clock: { now(): number }) => Promise<readonly Locks[] | undefined>): void {
  it(`${name}: the invariants hold in random interleavings`, async function () {
    this.timeout(600_000)
    const clock = { offset: 0, now: () => Date.now() + clock.offset }
    const peers = await open(clock)
    if (!peers) return this.skip()
    let run = 0
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { maxLength: 60, size: 'max' }), async (list) => {
          const world = new World(peers, `run${run++}-`)
          for (const step of list) await world.step(step, clock)
          await world.finish()
        }),
        { numRuns: process.env.MAILBOX_LONG ? 5000 : 100 },
      )
    } finally {
      for (const locks of peers) await locks.close()
    }
  })
}

describe('the lock protocol as a model', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-lock-model-'))
  const redisPrefix = `locks-model-${randomBytes(4).toString('hex')}`
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    if (await redisAnswers()) await removeKeys(`{${redisPrefix}}:`)
    if (process.env.MAILBOX_LONG) console.log(`      ${operations} operations`)
  })
  model('memory', async (clock) => [await openMemoryLocks({ settings, forked: false, clock })])
  model('embedded, two openings', async (clock) => {
    const where = path.join(folder, 'locks')
    const still = { now: clock.now }
    return [
      await openEmbeddedLocks({ path: where, settings, clock: still }),
      await openEmbeddedLocks({ path: where, settings, clock: still }),
    ]
  })
  const database = testDatabase()
  model('postgres, two openings', async () => {
    if (!(await database.open())) return undefined
    const options = { settings: lockSettings({ main: { postgres: database.url() } }) }
    return [await openPostgresLocks(options), await openPostgresLocks(options)]
  })
  model('redis, two openings', async () => {
    if (!(await redisOrSkip())) return undefined
    const options = { settings: lockSettings({ main: { redis: REDIS, redis_prefix: redisPrefix } }) }
    return [await openRedisLocks(options), await openRedisLocks(options)]
  })
})
