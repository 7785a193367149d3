import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { openEmbeddedAttempts } from '../../../lib/login/attempts/embedded'
import { memoryAttempts } from '../../../lib/login/attempts/memory'
import { openPostgresAttempts } from '../../../lib/login/attempts/postgres'
import { openRedisAttempts } from '../../../lib/login/attempts/redis'
import type { AttemptLog } from '../../../lib/login/lockout/attempts'
import type { Who } from '../../../lib/login/lockout/lockout'
import { loginSettings } from '../../../lib/login/settings'
import { parseRedis } from '../../../lib/processes/redis'
import { silentLog } from '../../../lib/terms/ports'
import { databaseOrSkip, postgresAnswers, type TestDatabase } from '../../postgres'
import { REDIS, redisOrSkip } from '../../redis'
import { testLog } from '../room'

const { policy } = loginSettings({})
const run = promisify(execFile)
const T0 = 1_800_000_000_000
const MINUTE = 60_000
const DAY = 86_400_000
const ann: Who = { user: 'ann@example.org', address: '192.0.2.1' }

interface Driver {
  open(maxBuckets?: number): Promise<AttemptLog>
  /** a second one over the same memory; undefined: it has none */
  again?(): Promise<AttemptLog>
  done(): void | Promise<void>
}

const DRIVERS: Record<string, () => Driver> = {
  memory: () => ({ open: async () => memoryAttempts(policy), done: () => undefined }),
  embedded: () => {
    const path = mkdtempSync(join(tmpdir(), 'attempts-'))
    const open = () => openEmbeddedAttempts({ path, policy, log: silentLog })
    return { open, again: open, done: () => rmSync(path, { recursive: true }) }
  },
  postgres: () => {
    let database: TestDatabase | undefined
    async function open(maxBuckets = 50) {
      database ??= await databaseOrSkip()
      return openPostgresAttempts({ url: database?.url ?? '', policy, log: silentLog, maxBuckets })
    }
    return { open, again: open, done: () => database?.drop() }
  },
  redis: () => {
    const prefix = `{login-test-${randomBytes(4).toString('hex')}}:`
    let most = 0
    const open = async (maxBuckets = 50) => {
      most = Math.max(most, maxBuckets)
      return openRedisAttempts({ redis: parseRedis(REDIS), policy, log: silentLog, prefix, maxBuckets })
    }
    const done = async (): Promise<void> => {
      const redis = new Redis(REDIS)
      const keys = await redis.keys(`${prefix}*`)
      assert.ok(keys.length <= most + 7, `${keys.length} keys`)
      if (keys.length > 0) await redis.del(keys)
      await redis.quit()
    }
    return { open, again: open, done }
  },
}

async function failures(log: AttemptLog, who: Who, count: number, now = T0): Promise<void> {
  for (let n = 0; n < count; n++) await log.record(who, { kind: 'failure', mark: `${n} ${now}` }, now + n)
}

for (const [name, make] of Object.entries(DRIVERS)) {
  describe(`attempt log: ${name}`, () => {
    let driver: Driver
    let log: AttemptLog
    before(async function () {
      if (name === 'redis' && !(await redisOrSkip())) this.skip()
      if (name === 'postgres' && !(await postgresAnswers())) this.skip()
    })
    beforeEach(async () => {
      driver = make()
      log = await driver.open()
    })
    afterEach(async () => {
      await log.close()
      await driver.done()
    })

    it('judges by what was recorded, and tells each bar that begins once', async () => {
      await failures(log, ann, 3)
      assert.equal((await log.judge(ann, T0 + 10)).bar, undefined)
      const { begun, bar, counted } = await log.record(ann, { kind: 'failure', mark: 'x' }, T0 + 10)
      assert.deepEqual([begun.length, bar, counted], [1, undefined, true])
      const next = await log.record(ann, { kind: 'failure', mark: 'y' }, T0 + 11)
      assert.deepEqual([next.begun.length, next.bar?.scope], [0, 'account'])
      assert.equal((await log.record(ann, { kind: 'success' }, T0 + 12)).bar?.scope, 'account')
      assert.deepEqual(
        (await log.list(T0 + 13)).map(({ subject }) => subject),
        ['ann@example.org from 192.0.2.1'],
      )
      assert.deepEqual(await log.list(T0 + 31 * MINUTE), [])
    })

    it('remembers networks with success', async () => {
      assert.equal((await log.judge(ann, T0)).goodNetwork, false)
      await log.record(ann, { kind: 'success' }, T0)
      const standing = await log.judge(ann, T0 + DAY)
      assert.equal(standing.goodNetwork, true)
      assert.equal((await log.judge({ ...ann, address: '192.0.2.2' }, T0 + DAY)).goodNetwork, false)
      assert.equal((await log.judge(ann, T0 + 31 * DAY)).goodNetwork, false)
      await log.record({ ...ann, address: '2001:db8:1:2::1' }, { kind: 'success' }, T0)
      const neighbour = { user: 'nobody@example.org', address: '2001:db8:1:2:3::4' }
      assert.equal((await log.judge(neighbour, T0 + DAY)).goodNetwork, true, 'whoever asks from the same /64')
    })

    it('clears by user, by address, by both', async () => {
      const elsewhere = { ...ann, address: '2001:db8:1:2::3' }
      await failures(log, ann, 4)
      await failures(log, elsewhere, 4)
      await log.clear({ user: ann.user, address: ann.address })
      assert.equal((await log.judge(ann, T0 + 10)).bar, undefined)
      assert.equal((await log.judge(elsewhere, T0 + 10)).bar?.scope, 'account')
      assert.ok((await log.clear({ address: '2001:db8:1:2::3' })) > 0)
      assert.equal((await log.judge(elsewhere, T0 + 10)).bar, undefined)
      await failures(log, ann, 4, T0 + 20)
      assert.equal(await log.clear({ user: 'nobody@example.org' }), 0)
      assert.ok((await log.clear({ user: ann.user })) > 0)
      assert.equal((await log.judge(ann, T0 + 30)).bar, undefined)
    })

    it('clears all of many, in pages, while attempts come', async () => {
      await log.close()
      log = await driver.open(10_000)
      const many = Array.from({ length: 150 }, (_, n) => ({ user: `u${n}`, address: `10.0.${n}.1` }))
      await Promise.all(many.map((who) => failures(log, who, 4)))
      assert.equal((await log.list(T0 + 10)).length, 150)
      const [cleared] = await Promise.all([log.clear({}), ...many.map(() => failures(log, ann, 1, T0 + 20))])
      assert.ok(cleared >= 450, `${cleared}`)
      assert.deepEqual(
        (await log.list(T0 + 30)).filter(({ subject }) => subject.startsWith('u')),
        [],
      )
      await log.clear({})
      assert.equal(await log.clear({}), 0)
    })

    it('keeps the audit trail, newest first', async () => {
      const entry = { protocol: 'imap', mechanism: 'PLAIN', verdict: 'refused', reason: 'wrong-password' } as const
      for (let n = 0; n < 5; n++) await log.note({ ...entry, at: T0 + n, user: `u${n % 2}`, address: '192.0.2.1' })
      const times = (await log.trail({ user: 'u0', limit: 2 })).map(({ at }) => at - T0)
      assert.deepEqual(times, [4, 2])
      assert.equal((await log.trail({ address: '192.0.2.1', limit: 9 })).length, 5)
      assert.deepEqual(await log.trail({ address: '192.0.2.9', limit: 9 }), [])
    })

    it('counts attempts that come at once one after another', async () => {
      const all = Array.from({ length: 40 }, (_, n) => log.record(ann, { kind: 'failure', mark: `${n}` }, T0))
      const recorded = await Promise.all(all)
      assert.equal(recorded.filter(({ bar }) => !bar).length, 4)
    })

    it('stays within its bounds under a flood, keeping bars', async function () {
      if (name !== 'redis' && name !== 'postgres') return this.skip()
      await failures(log, ann, 4)
      for (let n = 0; n < 100; n++) {
        await failures(log, { user: `u${n}`, address: `10.0.${n}.1` }, 1 + (n % 2), T0 + 100 + n)
      }
      assert.equal((await log.judge(ann, T0 + 400)).bar?.scope, 'account')
      const other = { ...ann, address: '192.0.9.1' }
      await failures(log, other, 4, T0 + 400)
      assert.equal((await log.judge(other, T0 + 410)).bar?.scope, 'account')
    })

    it('what one opened, the other sees: bars and their end', async function () {
      if (!driver.again) return this.skip()
      const other = await driver.again()
      await failures(log, ann, 4)
      assert.equal((await other.judge(ann, T0 + 10)).bar?.scope, 'account')
      await other.clear({ user: ann.user })
      assert.equal((await log.record(ann, { kind: 'success' }, T0 + 11)).bar, undefined)
      await other.close()
    })
  })
}

describe('attempt log: embedded, for a whole host', () => {
  let path = ''
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'attempts-'))
  })
  afterEach(() => rmSync(path, { recursive: true }))

  it('survives a restart', async () => {
    const before = await openEmbeddedAttempts({ path, policy, log: silentLog })
    await failures(before, ann, 4)
    await before.close()
    const after = await openEmbeddedAttempts({ path, policy, log: silentLog })
    assert.equal((await after.judge(ann, T0 + 10)).bar?.scope, 'account')
    await after.close()
  })

  it('a damaged file is put aside with one line in the log, and a new one begins', async () => {
    const file = join(path, 'attempts.sqlite')
    writeFileSync(file, Buffer.alloc(8192, 'x'))
    const lines = testLog()
    const log = await openEmbeddedAttempts({ path, policy, log: lines })
    await failures(log, ann, 4)
    assert.equal((await log.judge(ann, T0 + 10)).bar?.scope, 'account')
    await log.close()
    assert.equal(lines.lines.length, 1)
    assert.match(
      lines.lines[0] ?? '',
      /attempts\.sqlite is damaged .+ Lost: failed logins, lockouts and the audit trail$/,
    )
    assert.equal(readdirSync(path).filter((name) => name.startsWith('attempts.sqlite.damaged-')).length, 1)
  })

  it('4 processes count together: 4 guesses in all, then barred', async function () {
    this.timeout(60_000)
    const child = () =>
      run(process.execPath, ['-r', 'ts-node/register', join(__dirname, 'attempts-child.ts'), path, String(T0), '25'])
    const barred = (await Promise.all([child(), child(), child(), child()])).map(({ stdout }) => Number(stdout))
    assert.equal(
      barred.reduce((sum, count) => sum + count, 0),
      96,
    )
    const log = await openEmbeddedAttempts({ path, policy, log: silentLog })
    assert.equal((await log.judge(ann, T0 + 1)).bar?.scope, 'account')
    // The unlock of one process is felt by another at the next attempt.
    await log.clear({ user: ann.user })
    await log.clear({ address: ann.address })
    const { stdout } = await run(process.execPath, [
      '-r',
      'ts-node/register',
      join(__dirname, 'attempts-child.ts'),
      path,
      String(T0),
      '1',
    ])
    assert.equal(Number(stdout), 0)
    await log.close()
  })

  it('100,000 names in the attempt log (5,000 without MAILBOX_LONG) stay within its bounds; bars and known networks outlive them', async () => {
    const log = await openEmbeddedAttempts({ path, policy, log: silentLog, maxBuckets: 2000, maxTrail: 1000 })
    await log.record(ann, { kind: 'success' }, T0)
    await failures(log, { ...ann, address: '198.51.100.1' }, 4, T0 + 1)
    const flood = process.env.MAILBOX_LONG ? 100_000 : 5000
    for (let n = 0; n < flood; n += 500) {
      await Promise.all(
        Array.from({ length: 500 }, async (_, k) => {
          const at = n + k
          const who = { user: `u${at}@example.org`, address: `${10 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.1` }
          await log.record(who, { kind: 'failure', mark: 'x' }, T0 + 100 + at)
          await log.note({
            at: T0 + at,
            ...who,
            protocol: 'imap',
            mechanism: 'PLAIN',
            verdict: 'refused',
            reason: 'unknown-user',
          })
        }),
      )
    }
    const now = T0 + 100 + flood
    assert.equal((await log.judge(ann, now)).goodNetwork, true)
    assert.equal((await log.judge({ ...ann, address: '198.51.100.1' }, now)).bar?.scope, 'account')
    assert.ok((await log.trail({ limit: 1_000_000 })).length <= 1000)
    assert.ok(log.size() <= 2010, `${log.size()} buckets`)
    const octets = statSync(join(path, 'attempts.sqlite')).size
    assert.ok(octets < 16 * 1024 ** 2, `${octets} octets`)
    await log.close()
  })

  it('what an operator asks of a full log goes in pages: nothing is left out, nothing comes twice', async () => {
    const log = await openEmbeddedAttempts({ path, policy, log: silentLog })
    const notes = Array.from({ length: 950 }, (_, n) =>
      log.note({
        ...{ at: T0 + n, user: n % 300 === 0 ? ann.user : `u${n}@example.org`, address: '192.0.2.1' },
        ...{ protocol: 'imap', mechanism: 'PLAIN', verdict: 'refused', reason: 'wrong-password' },
      }),
    )
    await Promise.all(notes)
    await Promise.all(
      Array.from({ length: 950 }, (_, n) =>
        failures(log, { user: `u${n}`, address: `10.${n >> 8}.${n & 255}.1` }, 1, T0),
      ),
    )
    const all = await log.trail({ limit: 10_000 })
    assert.deepEqual(
      all.map(({ at }) => at - T0),
      Array.from({ length: 950 }, (_, n) => 949 - n),
    )
    assert.equal((await log.trail({ user: ann.user, limit: 10 })).length, 4)
    assert.equal((await log.trail({ limit: 450 })).length, 450)
    const everything = log.size()
    assert.equal(await log.clear({}), everything)
    assert.equal(await log.clear({}), 0)
    await log.close()
  })

  it('a newcomer is counted and barred in a log that a flood has filled', async () => {
    const log = await openEmbeddedAttempts({ path, policy, log: silentLog, maxBuckets: 1000 })
    await log.record({ ...ann, address: '192.0.2.200' }, { kind: 'success' }, T0)
    for (let n = 0; n < 400; n++)
      await failures(log, { user: `f${n}`, address: `10.0.${n}.1` }, n % 3 === 0 ? 2 : 4, T0 + n)
    assert.equal(log.size(), 1000)
    assert.equal((await log.judge({ ...ann, address: '192.0.2.200' }, T0 + 500)).goodNetwork, true)
    await failures(log, ann, 4, T0 + 500)
    assert.equal((await log.judge(ann, T0 + 600)).bar?.scope, 'account')
    await log.close()
  })

  it('forgets what has expired', async () => {
    const log = await openEmbeddedAttempts({ path, policy, log: silentLog })
    for (let n = 0; n < 20; n++)
      await log.record({ user: `u${n}`, address: `10.0.${n}.1` }, { kind: 'failure', mark: 'x' }, T0)
    const full = log.size()
    for (let n = 0; n < 20; n++) await log.record(ann, { kind: 'failure', mark: 'x' }, T0 + 60 * DAY + n)
    assert.ok(full > 40 && log.size() < 10, `${full} then ${log.size()}`)
    await log.close()
  })
})
