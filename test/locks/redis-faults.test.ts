import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Lease, LockRequest, Locks } from '../../lib/locks/locks'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { freePorts, installed } from '../e2e/demo'
import { PrivateRedis } from '../redis'
import { wayTo } from './network'
import { PeerProcess } from './peer-process'

const EXPIRY = 5000
const request = (account: string, more: Partial<LockRequest> = {}): LockRequest => ({
  account,
  access: 'exclusive',
  protocol: 'pop3',
  address: '192.0.2.1',
  wait: 0,
  ...more,
})

async function granted(locks: Locks, wanted: LockRequest): Promise<Lease> {
  const result = await locks.acquire(wanted)
  assert.ok(result.ok, result.ok ? '' : result.fault.kind)
  return result.value
}

/** Asks until Redis is reached again; the tests' time limit ends it. */
async function grantedAgain(locks: Locks, account: string): Promise<Lease> {
  for (;;) {
    const result = await locks.acquire(request(account, { wait: 500 }))
    if (result.ok) return result.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function lost(lease: Lease): Promise<unknown> {
  if (!lease.lost.aborted) await once(lease.lost, 'abort')
  return lease.lost.reason
}

describe('locks: redis, when it fails', function () {
  this.timeout(30_000)
  let redis: PrivateRedis
  let url: string
  let here: Locks
  let there: Locks
  const open = (): Promise<Locks> =>
    openRedisLocks({ settings: lockSettings({ main: { redis: url, expiry: `${EXPIRY}ms` } }) })

  before(async function () {
    if (!installed('redis-server')) {
      console.log('      no redis-server on this machine: skipped')
      return this.skip()
    }
    const [port = 0] = await freePorts(1)
    redis = new PrivateRedis(port)
    url = `redis://127.0.0.1:${port}`
    await redis.start()
    here = await open()
    there = await open()
  })
  after(async () => {
    if (!redis) return
    await Promise.all([here.close(), there.close()])
    await redis.stop()
  })

  it('paused: nobody gets in, who is in has to go, and it recovers by itself', async () => {
    const lease = await granted(here, request('paused'))
    redis.signal('SIGSTOP')
    try {
      const refused = await there.acquire(request('other'))
      assert.equal(refused.ok ? '' : refused.fault.kind, 'unavailable')
      assert.equal(await lost(lease), 'expired')
    } finally {
      redis.signal('SIGCONT')
    }
    const next = await grantedAgain(there, 'paused')
    assert.ok(next.fence > lease.fence)
    await next.release()
  })

  it('a release that Redis did not hear is said again', async () => {
    const lease = await granted(here, request('owed'))
    redis.signal('SIGSTOP')
    const released = lease.release()
    await released
    redis.signal('SIGCONT')
    await (await grantedAgain(there, 'owed')).release()
  })

  it('a turn that came while the waiter was cut off is not believed when the message arrives late', async () => {
    const way = await wayTo('127.0.0.1', redis.port)
    const settings = lockSettings({ main: { redis: `redis://127.0.0.1:${way.port}` } })
    const cutOff = await openRedisLocks({ settings: { ...settings, expiry: 500 } })
    try {
      const first = await granted(here, request('late'))
      const waiting = cutOff.acquire(request('late', { wait: 20_000 }))
      while ((await here.list('late'))[0]?.waiters !== 1) await new Promise((resolve) => setImmediate(resolve))
      way.cut()
      await first.release()
      // Its turn runs out with its life, and goes to somebody else.
      const second = await granted(here, request('late', { wait: 10_000 }))
      way.heal()
      await (await grantedAgain(cutOff, 'another')).release()
      await second.release()
      const result = await waiting
      assert.ok(result.ok)
      assert.ok(result.value.fence > second.fence)
      await result.value.release()
    } finally {
      way.heal()
      await cutOff.close()
      way.close()
    }
  })

  it('restarted without its data: sessions end, fences grow on', async () => {
    const lease = await granted(here, request('restarted'))
    await redis.stop()
    await redis.start()
    assert.equal(await lost(lease), 'expired')
    const next = await grantedAgain(there, 'restarted')
    assert.ok(next.fence > lease.fence)
    await next.release()
  })

  it('not there at the start: it opens, refuses, and works once Redis is there', async () => {
    await redis.stop()
    const early = await open()
    const refused = await early.acquire(request('early'))
    assert.equal(refused.ok ? '' : refused.fault.kind, 'unavailable')
    await redis.start()
    await (await grantedAgain(early, 'early')).release()
    await early.close()
  })

  it('a killed process of this host frees its lock at once', async () => {
    await (await grantedAgain(here, 'child')).release()
    const child = await PeerProcess.open({ where: url })
    await child.granted(request('child'))
    assert.equal((await here.acquire(request('child'))).ok, false)
    await child.kill()
    await (await granted(here, request('child'))).release()
  })

  it('a release in another process wakes the waiter here', async () => {
    const child = await PeerProcess.open({ where: url })
    const held = await child.granted(request('woken'))
    const waiting = here.acquire(request('woken', { wait: 20_000 }))
    await child.release(held)
    const result = await waiting
    assert.ok(result.ok)
    await result.value.release()
    await child.close()
  })
})
