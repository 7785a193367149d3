import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openEmbeddedLocks } from '../../../lib/locks/embedded'
import type { Lease, Locks, Refusal } from '../../../lib/locks/locks'
import { openMemoryLocks } from '../../../lib/locks/memory'
import { openPostgresLocks } from '../../../lib/locks/postgres'
import { openRedisLocks } from '../../../lib/locks/redis'
import { lockSettings } from '../../../lib/locks/settings'
import type { Result } from '../../../lib/terms/fault'
import { testDatabase } from '../../postgres'
import { SEED } from '../../random'
import { REDIS, redisOrSkip, removeKeys } from '../../redis'
import { type Act, randomRun, spinOrSkip } from './spin'

/**
 * Random runs of the model, played on real drivers: after each step of the model's table the driver's must stand as the model's does: who
 * holds, with fences in the same order, and how many wait. Who of them is next shows at the next release.
 */
const BOUNDS = { N: 4, ROUNDS: 3, FAULTS: 3 }
const RUNS = process.env.MAILBOX_LONG ? 500 : 25
/** milliseconds, should a driver never come to stand as the model does */
const LIMIT = 20_000

interface Session {
  readonly name: string
  readonly gone: AbortController
  readonly outcome: Promise<Result<Lease, Refusal>>
}

class Replay {
  readonly sessions = new Map<number, Session>()
  readonly kicked = new Set<number>()
  /** the model's fences, and the driver's */
  readonly fences = new Map<number, number>()
  rounds = 0

  constructor(
    readonly openings: readonly Locks[],
    readonly account: string,
  ) {}

  at(session: number): Locks {
    const locks = this.openings[session % this.openings.length]
    assert.ok(locks)
    return locks
  }

  claim({ session, exclusive, act }: Act): void {
    const name = `${session} of round ${this.rounds++}`
    const gone = new AbortController()
    const outcome = this.at(session).acquire(
      {
        account: this.account,
        access: exclusive ? 'exclusive' : 'shared',
        protocol: exclusive ? 'pop3' : 'imap',
        address: '192.0.2.1',
        client: name,
        wait: 600_000,
        takeover: act === 'ClaimOver' ? 0 : 'never',
      },
      gone.signal,
    )
    this.kicked.delete(session)
    this.sessions.set(session, { name, gone, outcome })
  }

  /** Its client hangs up, or it goes. */
  async leave(number: number): Promise<void> {
    const session = this.sessions.get(number)
    if (!session) return
    this.sessions.delete(number)
    session.gone.abort()
    const result = await session.outcome
    if (!result.ok) return assert.equal(result.fault.kind, 'cancelled')
    const { id, lost } = result.value
    // The model's holder hears of a kick when it goes.
    if (!lost.aborted && this.kicked.has(number) && (await this.at(number + 1).kick(this.account, id)) > 0) {
      if (!lost.aborted) await once(lost, 'abort')
      assert.equal(lost.reason, 'kicked')
    } else await result.value.release()
  }

  async step(act: Act): Promise<void> {
    const holds = act.fences[act.session] !== 0
    if (act.act === 'Claim' || act.act === 'ClaimOver') this.claim(act)
    else if (act.act === 'Kick') this.kicked.add(act.session)
    else if (act.act === 'Leave' || !holds) await this.leave(act.session)
  }

  async stands({ fences, queue }: Act): Promise<string | undefined> {
    const [found] = await this.at(0).list(this.account)
    const names = (found?.holders ?? []).map(({ client }) => client).sort()
    const holders = fences.flatMap((fence, session) => (fence > 0 ? [session] : []))
    const expected = holders.map((session) => this.sessions.get(session)?.name).sort()
    if (JSON.stringify(names) !== JSON.stringify(expected)) return `${names} hold, and not ${expected}`
    if ((found?.waiters ?? 0) !== queue.length) return `${found?.waiters} wait, and not ${queue.length}`
    for (const session of holders) {
      const own = found?.holders.find(({ client }) => client === this.sessions.get(session)?.name)
      this.compare(fences[session] ?? 0, own?.fence ?? 0)
    }
    return undefined
  }
  compare(model: number, real: number): void {
    for (const [otherModel, otherReal] of this.fences)
      assert.equal(Math.sign(real - otherReal), Math.sign(model - otherModel), 'fences are in another order')
    this.fences.set(model, real)
  }

  async play(run: readonly Act[]): Promise<void> {
    for (const [nth, act] of run.entries()) {
      await this.step(act)
      const end = performance.now() + LIMIT
      for (let why = await this.stands(act); why !== undefined; why = await this.stands(act)) {
        assert.ok(
          performance.now() < end,
          `${why}, after\n${run
            .slice(0, nth + 1)
            .map((each) => JSON.stringify(each))
            .join('\n')}`,
        )
        await new Promise(setImmediate)
      }
      // A grant is in its session's hands before the next step.
      for (const [session, { outcome }] of this.sessions)
        if (act.fences[session]) assert.ok((await outcome).ok, `session ${session} was refused`)
    }
  }
  async end(): Promise<void> {
    for (const session of this.sessions.values()) session.gone.abort()
    for (const { outcome } of this.sessions.values()) {
      const result = await outcome
      if (result.ok) await result.value.release()
    }
  }
}

const settings = lockSettings({})

describe('random runs of the model on real drivers', function () {
  this.timeout(process.env.MAILBOX_LONG ? 3_600_000 : 120_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-lock-replay-'))
  const redisPrefix = `locks-replay-${randomBytes(4).toString('hex')}`
  const database = testDatabase()
  let usedRedis = false
  const runs: Act[][] = []
  before(async function () {
    if (!spinOrSkip()) return this.skip()
    for (let nth = 0; nth < RUNS; nth++) runs.push(await randomRun((SEED + nth) % 2 ** 31, BOUNDS))
    assert.ok(runs.every((run) => run.length >= 24))
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    if (usedRedis) await removeKeys(`{${redisPrefix}}:`)
  })

  const DRIVERS: Readonly<Record<string, () => Promise<readonly Locks[] | undefined>>> = {
    memory: async () => [await openMemoryLocks({ settings, forked: false })],
    embedded: async () => [
      await openEmbeddedLocks({ path: path.join(folder, 'locks'), settings }),
      await openEmbeddedLocks({ path: path.join(folder, 'locks'), settings }),
    ],
    postgres: async () => {
      if (!(await database.open())) return undefined
      const options = { settings: lockSettings({ main: { postgres: database.url() } }) }
      return [await openPostgresLocks(options), await openPostgresLocks(options)]
    },
    redis: async () => {
      usedRedis = await redisOrSkip()
      if (!usedRedis) return undefined
      const options = { settings: lockSettings({ main: { redis: REDIS, redis_prefix: redisPrefix } }) }
      return [await openRedisLocks(options), await openRedisLocks(options)]
    },
  }
  for (const [name, open] of Object.entries(DRIVERS))
    it(`${name}: the table stands as the model's after each step`, async function () {
      const openings = await open()
      if (!openings) return this.skip()
      try {
        for (const [nth, run] of runs.entries()) {
          const replay = new Replay(openings, `run${nth}`)
          try {
            await replay.play(run)
          } catch (error) {
            throw new Error(`MAILBOX_SEED=${SEED}, run ${nth}: ${error instanceof Error ? error.message : error}`)
          } finally {
            await replay.end()
          }
        }
      } finally {
        for (const locks of openings) await locks.close()
      }
    })
})
