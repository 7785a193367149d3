import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Access, Lease, LockMode, LockProtocol, LockRequest, Locks } from '../../lib/locks/locks'
import { openMemoryLocks } from '../../lib/locks/memory'
import { openPostgresLocks } from '../../lib/locks/postgres'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { testDatabase } from '../postgres'
import { REDIS, redisOrSkip, removeKeys } from '../redis'
import type { Place } from './peer'
import { PeerProcess } from './peer-process'

const settings = lockSettings({})
const ACCESS: Readonly<Record<'pop3' | 'imap' | 'webmail' | 'admin' | 'guest', Access>> = {
  pop3: 'exclusive',
  imap: 'shared',
  webmail: 'shared',
  admin: 'shared',
  guest: 'shared',
}
/** A guest is another user in IMAP, who takes the lock of the owner's account. */
const PROTOCOLS = ['pop3', 'imap', 'webmail', 'admin', 'guest'] as const
type Who = (typeof PROTOCOLS)[number]
const protocolOf = (who: Who): LockProtocol => (who === 'guest' ? 'imap' : who)

/** docs/locks.md: who is refused when the first is in. */
function refused(mode: LockMode, first: Who, second: Who): boolean {
  if (mode === 'snapshot') return false
  if (mode === 'pop3') return first === 'pop3' && second === 'pop3'
  return first === 'pop3' || second === 'pop3'
}

const request = (account: string, who: Who, more: Partial<LockRequest> = {}): LockRequest => ({
  account,
  protocol: protocolOf(who),
  access: ACCESS[who],
  ...(who === 'guest' && { client: 'guest bob@example.org' }),
  address: '192.0.2.1',
  wait: 0,
  ...more,
})

async function granted(locks: Locks, wanted: LockRequest): Promise<Lease> {
  const result = await locks.acquire(wanted)
  assert.ok(result.ok, `${wanted.protocol} was refused`)
  return result.value
}

function matrix(name: string, open: () => Promise<{ here: Locks; there: Locks } | undefined>): void {
  describe(`locks: ${name}`, () => {
    let here: Locks
    let there: Locks
    before(async function () {
      const opened = await open()
      if (!opened) return this.skip()
      ;({ here, there } = opened)
    })
    after(async () => {
      await here?.close()
      if (there !== here) await there.close()
    })

    for (const mode of ['strict', 'pop3', 'snapshot'] as const) {
      it(`the matrix of mode ${mode}, in both orders`, async () => {
        for (const first of PROTOCOLS) {
          for (const second of PROTOCOLS) {
            const account = `${mode}-${first}-${second}`
            const lease = await granted(here, request(account, first, { mode }))
            const other = await there.acquire(request(account, second, { mode }))
            assert.equal(other.ok, !refused(mode, first, second), `${second} after ${first}`)
            if (!other.ok) assert.equal(other.fault.kind === 'held' && other.fault.by.protocol, protocolOf(first))
            await lease.release()
            if (other.ok) await other.value.release()
            assert.deepEqual(await here.list(account), [])
          }
        }
      })
    }

    it('a waiter gets in when the lock is released, in order of arrival', async () => {
      const lease = await granted(here, request('queue', 'imap'))
      const order: string[] = []
      const waiters = ['a', 'b', 'c'].map(async (client) => {
        const result = await there.acquire(request('queue', 'pop3', { wait: 10_000, client }))
        assert.ok(result.ok)
        order.push(client)
        await result.value.release()
      })
      await lease.release()
      await Promise.all(waiters)
      assert.deepEqual(order, ['a', 'b', 'c'])
    })

    it('a crowd of 200 waiters is served one after another', async () => {
      const lease = await granted(here, request('crowd', 'pop3'))
      let inside = 0
      let served = 0
      const crowd = Array.from({ length: 200 }, async (_nothing, index) => {
        const result = await (index % 2 ? here : there).acquire(request('crowd', 'pop3', { wait: 20_000 }))
        assert.ok(result.ok)
        assert.equal(++inside, 1)
        served++
        inside--
        await result.value.release()
      })
      await lease.release()
      await Promise.all(crowd)
      assert.equal(served, 200)
    })

    it('a waiter that hangs up is forgotten', async () => {
      const lease = await granted(here, request('hang', 'pop3'))
      const gone = new AbortController()
      const waiting = there.acquire(request('hang', 'pop3', { wait: 10_000 }), gone.signal)
      gone.abort()
      const result = await waiting
      assert.equal(result.ok ? '' : result.fault.kind, 'cancelled')
      assert.equal((await here.list('hang'))[0]?.waiters, 0)
      await lease.release()
    })

    it('fences of exclusive grants only grow, and a shared grant after one has a higher fence', async () => {
      let last = 0
      for (const protocol of ['pop3', 'pop3', 'imap', 'pop3', 'imap'] as const) {
        const lease = await granted(last % 2 ? here : there, request('fence', protocol))
        assert.ok(lease.fence > last)
        last = lease.fence
        await lease.release()
      }
    })

    it('a kick ends a lease wherever it is, and the next one gets in', async () => {
      const lease = await granted(there, request('kick', 'pop3'))
      assert.equal(await here.kick('kick'), 1)
      if (!lease.lost.aborted) await once(lease.lost, 'abort')
      assert.equal(lease.lost.reason, 'kicked')
      const next = await granted(here, request('kick', 'pop3', { wait: 5000 }))
      assert.ok(next.fence > lease.fence)
      await lease.release()
      assert.equal((await here.list('kick')).length, 1, 'a release by who lost it has no effect')
      await next.release()
    })

    it('takes over from an idle POP3 session, if allowed', async () => {
      const lease = await granted(here, request('idle', 'pop3'))
      assert.equal((await there.acquire(request('idle', 'pop3', { takeover: 60_000 }))).ok, false)
      const next = await granted(there, request('idle', 'pop3', { takeover: 0 }))
      if (!lease.lost.aborted) await once(lease.lost, 'abort')
      assert.equal(lease.lost.reason, 'taken-over')
      await next.release()
    })

    it('hold releases also when the work throws', async () => {
      await assert.rejects(
        here.hold(request('hold', 'pop3'), async () => Promise.reject(new Error('work'))),
        /work/,
      )
      assert.deepEqual(await there.list('hold'), [])
    })

    it('shows who is in: protocol, address, client, since', async () => {
      const lease = await granted(here, request('show', 'imap', { address: '2001:db8::7' }))
      lease.describe('Thunderbird 140')
      const [shown] = (await here.list('show'))[0]?.holders ?? []
      assert.equal(shown?.client, 'Thunderbird 140')
      assert.equal(shown?.address, '2001:db8::7')
      await lease.release()
    })
  })
}

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-locks-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const embedded = (where: string): Promise<Locks> => openEmbeddedLocks({ path: where, settings })

matrix('memory', async () => {
  const locks = await openMemoryLocks({ settings, forked: false })
  return { here: locks, there: locks }
})
matrix('embedded, one opening', async () => {
  const locks = await embedded(path.join(folder, String(folders++)))
  return { here: locks, there: locks }
})
matrix('embedded, two openings', async () => {
  const where = path.join(folder, String(folders++))
  return { here: await embedded(where), there: await embedded(where) }
})

const redisPrefix = `locks-test-${randomBytes(4).toString('hex')}`
after(() => usedRedis && removeKeys(`{${redisPrefix}}:`))
let usedRedis = false
const database = testDatabase()
const ofPostgres = (news = 'listen') => lockSettings({ main: { postgres: database.url(), postgres_news: news } })
for (const news of ['listen', 'poll:20ms'])
  matrix(`postgres, ${news}, two openings`, async () => {
    if (!(await database.open())) return undefined
    const options = { settings: ofPostgres(news) }
    return { here: await openPostgresLocks(options), there: await openPostgresLocks(options) }
  })
matrix('redis, two openings', async () => {
  if (!(await redisOrSkip())) return undefined
  usedRedis = true
  const options = { settings: lockSettings({ main: { redis: REDIS, redis_prefix: redisPrefix } }) }
  return { here: await openRedisLocks(options), there: await openRedisLocks(options) }
})

it('locks: memory refuses to start when Haraka forks workers', async () => {
  await assert.rejects(openMemoryLocks({ settings, forked: true }), /driver = memory works in one process only/)
})

/** The same table between this process and another one. */
function acrossProcesses(name: string, where: () => Promise<{ locks: Locks; place: Place } | undefined>): void {
  describe(`locks: ${name}, the matrix between two processes`, function () {
    this.timeout(30_000)
    let here: Locks
    let there: PeerProcess
    before(async function () {
      const opened = await where()
      if (!opened) return this.skip()
      here = opened.locks
      there = await PeerProcess.open(opened.place)
    })
    after(() => there && Promise.all([there.close(), here.close()]))

    type Release = () => Promise<unknown>
    /** @returns how to release it, or who stood in the way */
    async function tryHere(wanted: LockRequest): Promise<Release | string> {
      const result = await here.acquire(wanted)
      if (result.ok) return () => result.value.release()
      return result.fault.kind === 'held' ? result.fault.by.protocol : result.fault.kind
    }
    async function tryThere(wanted: LockRequest): Promise<Release | string> {
      const answer = await there.ask({ kind: 'acquire', request: wanted })
      if (answer.kind === 'granted') return () => there.release(answer)
      return (answer.kind === 'refused' && answer.by) || answer.kind
    }

    for (const mode of ['strict', 'pop3', 'snapshot'] as const) {
      it(`mode ${mode}, in both orders`, async () => {
        for (const [first, second] of [
          [tryHere, tryThere],
          [tryThere, tryHere],
        ] as const) {
          for (const one of PROTOCOLS) {
            for (const other of PROTOCOLS) {
              const account = `${first.name}-${mode}-${one}-${other}`
              const outcomes = [
                await first(request(account, one, { mode })),
                await second(request(account, other, { mode })),
              ]
              assert.deepEqual(
                outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : 'in')),
                ['in', refused(mode, one, other) ? protocolOf(one) : 'in'],
                `${other} after ${one}`,
              )
              for (const outcome of outcomes) if (typeof outcome !== 'string') await outcome()
              assert.deepEqual(await here.list(account), [])
            }
          }
        }
      })
    }
  })
}

acrossProcesses('embedded', async () => {
  const where = path.join(folder, 'matrix')
  return { locks: await embedded(where), place: { where } }
})
acrossProcesses('postgres', async () => {
  if (!(await database.open())) return undefined
  return { locks: await openPostgresLocks({ settings: ofPostgres() }), place: { where: database.url() } }
})
acrossProcesses('redis', async () => {
  if (!(await redisOrSkip())) return undefined
  usedRedis = true
  const settings = lockSettings({ main: { redis: REDIS, redis_prefix: redisPrefix } })
  return { locks: await openRedisLocks({ settings }), place: { where: REDIS, redisPrefix } }
})

describe('locks: embedded, across processes', function () {
  this.timeout(30_000)
  let locks: Locks
  let where: string
  before(async () => {
    where = path.join(folder, 'processes')
    locks = await embedded(where)
  })
  after(() => locks.close())

  it('a holder in another process is seen, and a SIGKILL frees its lock at once', async () => {
    const child = await PeerProcess.open({ where })
    await child.granted(request('a', 'pop3'))
    const refusedNow = await locks.acquire(request('a', 'imap'))
    assert.equal(refusedNow.ok, false)
    await child.kill()
    const lease = await granted(locks, request('a', 'imap'))
    await lease.release()
  })

  it('who waits for a process that is killed gets in then', async () => {
    const child = await PeerProcess.open({ where })
    await child.granted(request('b', 'pop3'))
    const waiting = locks.acquire(request('b', 'pop3', { wait: 20_000 }))
    await child.kill()
    const result = await waiting
    assert.ok(result.ok)
    await result.value.release()
  })

  it('a release in another process wakes the waiter here', async () => {
    const child = await PeerProcess.open({ where })
    const held = await child.granted(request('c', 'pop3'))
    const waiting = locks.acquire(request('c', 'pop3', { wait: 20_000 }))
    await child.release(held)
    const result = await waiting
    assert.ok(result.ok)
    await result.value.release()
    await child.close()
  })

  it('a kick reaches another process', async () => {
    const child = await PeerProcess.open({ where })
    const held = await child.granted(request('d', 'pop3'))
    assert.equal(await locks.kick('d'), 1)
    assert.equal(await child.lost(held), 'kicked')
    await child.close()
  })
})
