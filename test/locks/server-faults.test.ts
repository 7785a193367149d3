import assert from 'node:assert/strict'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import type { Lease, LockRequest, Locks } from '../../lib/locks/locks'
import { openPostgresLocks } from '../../lib/locks/postgres'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { freePorts, installed } from '../e2e/demo'
import { type PrivateServer, serverOrSkip } from '../postgres'
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

/** Asks until the server is reached again; the tests' time limit ends it. */
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

/** A server of the suite's own that hosts share. */
interface Shared {
  readonly port: number
  /** @param port a way to it, or its own */
  open(port?: number, expiry?: number): Promise<Locks>
  where(): string
  start(): Promise<void>
  /** ends without a goodbye, and comes back without its data */
  crash(): Promise<void>
  pause(): void
  goOn(): void
  remove(): Promise<void>
}

async function redisServer(port: number): Promise<Shared | undefined> {
  if (!installed('redis-server')) {
    console.log('      no redis-server on this machine: skipped')
    return undefined
  }
  const redis = new PrivateRedis(port)
  await redis.start()
  return {
    port,
    open: (at = port, expiry = EXPIRY) =>
      openRedisLocks({ settings: { ...lockSettings({ main: { redis: `redis://127.0.0.1:${at}` } }), expiry } }),
    where: () => `redis://127.0.0.1:${port}`,
    start: () => redis.start(),
    crash: () => redis.stop(),
    pause: () => redis.signal('SIGSTOP'),
    goOn: () => redis.signal('SIGCONT'),
    remove: () => redis.stop(),
  }
}

const postgresUrl = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`
const openPostgres = (port: number, expiry = EXPIRY): Promise<Locks> =>
  openPostgresLocks({ settings: { ...lockSettings({ main: { postgres: postgresUrl(port) } }), expiry } })

async function postgresServer(port: number): Promise<Shared | undefined> {
  const server = await serverOrSkip(port, tmpdir(), ['fsync=off'])
  return (
    server && {
      port,
      open: (at = port, expiry = EXPIRY) => openPostgres(at, expiry),
      where: () => postgresUrl(port),
      start: server.start,
      crash: server.kill,
      pause: () => server.signal('SIGSTOP'),
      goOn: () => server.signal('SIGCONT'),
      remove: server.remove,
    }
  )
}

const SERVERS = { redis: redisServer, postgres: postgresServer }

for (const [name, serve] of Object.entries(SERVERS)) {
  describe(`locks: ${name}, when it fails`, function () {
    this.timeout(30_000)
    let server: Shared
    let here: Locks
    let there: Locks

    before(async function () {
      const [port = 0] = await freePorts(1)
      const served = await serve(port)
      if (!served) return this.skip()
      server = served
      here = await server.open()
      there = await server.open()
    })
    after(async () => {
      if (!server) return
      await Promise.all([here.close(), there.close()])
      await server.remove()
    })

    it('paused: nobody gets in, who is in has to go, and it recovers by itself', async () => {
      const lease = await granted(here, request('paused'))
      server.pause()
      try {
        const refused = await there.acquire(request('other'))
        assert.equal(refused.ok ? '' : refused.fault.kind, 'unavailable')
        assert.equal(await lost(lease), 'expired')
      } finally {
        server.goOn()
      }
      const next = await grantedAgain(there, 'paused')
      assert.ok(next.fence > lease.fence)
      await next.release()
    })

    it('a release that it did not hear is said again', async () => {
      const lease = await granted(here, request('owed'))
      server.pause()
      const released = lease.release()
      await released
      server.goOn()
      await (await grantedAgain(there, 'owed')).release()
    })

    it('a turn that came while the waiter was cut off is not believed when the message arrives late', async () => {
      const way = await wayTo('127.0.0.1', server.port)
      const cutOff = await server.open(way.port, 500)
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
      await server.crash()
      await server.start()
      assert.equal(await lost(lease), 'expired')
      const next = await grantedAgain(there, 'restarted')
      assert.ok(next.fence > lease.fence)
      await next.release()
    })

    it('not there at the start: it opens, refuses, and works once it is there', async () => {
      await server.crash()
      const early = await server.open()
      const refused = await early.acquire(request('early'))
      assert.equal(refused.ok ? '' : refused.fault.kind, 'unavailable')
      await server.start()
      await (await grantedAgain(early, 'early')).release()
      await early.close()
    })

    it('a killed process of this host frees its lock at once', async () => {
      await (await grantedAgain(here, 'child')).release()
      const child = await PeerProcess.open({ where: server.where() })
      await child.granted(request('child'))
      assert.equal((await here.acquire(request('child'))).ok, false)
      await child.kill()
      await (await granted(here, request('child'))).release()
    })

    it('a release in another process wakes the waiter here', async () => {
      const child = await PeerProcess.open({ where: server.where() })
      const held = await child.granted(request('woken'))
      const waiting = here.acquire(request('woken', { wait: 20_000 }))
      await child.release(held)
      const result = await waiting
      assert.ok(result.ok)
      await result.value.release()
      await child.close()
    })
  })
}

describe('locks: postgres, when it is shut down and started again', function () {
  this.timeout(30_000)
  let server: PrivateServer | undefined
  before(async function () {
    const [port = 0] = await freePorts(1)
    server = await serverOrSkip(port, tmpdir(), ['fsync=off'])
    if (!server) return this.skip()
  })
  after(() => server?.remove())

  it('who is in stays in, and nobody else gets in', async () => {
    assert.ok(server)
    const port = Number(new URL(server.url).port)
    const [here, there] = [await openPostgres(port, 30_000), await openPostgres(port, 30_000)]
    const lease = await granted(here, request('stays'))
    await server.stop()
    assert.equal(lease.lost.aborted, false)
    await server.start()
    const other = await grantedAgain(there, 'other')
    const refused = await there.acquire(request('stays'))
    assert.equal(refused.ok ? '' : refused.fault.kind, 'held')
    assert.equal(lease.lost.aborted, false)
    await Promise.all([lease.release(), other.release()])
    await (await granted(there, request('stays'))).release()
    await Promise.all([here.close(), there.close()])
  })
})
