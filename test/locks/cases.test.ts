import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Redis from 'ioredis'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { LockRequest, Locks } from '../../lib/locks/locks'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { freePorts, installed } from '../e2e/demo'
import { becomes } from '../eventually'
import { PrivateRedis } from '../redis'

/** Rows of docs/locks.md#when-something-breaks that no other suite has. */

const EXPIRY = 3000
const wanted: LockRequest = { account: 'a', access: 'exclusive', protocol: 'pop3', address: '192.0.2.1', wait: 0 }

async function granted(locks: Locks) {
  const answer = await locks.acquire(wanted)
  assert.ok(answer.ok, answer.ok ? '' : answer.fault.kind)
  return answer.value
}
const heard = async (locks: Locks): Promise<string> => {
  const answer = await locks.acquire(wanted)
  return answer.ok ? 'granted' : answer.fault.kind
}

describe('locks: embedded, when the clock of its host is set', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-clock-'))
  const clock = { offset: 0, now: () => Date.now() + clock.offset }
  const settings = { ...lockSettings({}), expiry: EXPIRY }
  let one: Locks
  let two: Locks
  before(async () => {
    one = await openEmbeddedLocks({ path: folder, settings, clock })
    two = await openEmbeddedLocks({ path: folder, settings, clock })
  })
  after(async () => {
    await Promise.all([one.close(), two.close()])
    rmSync(folder, { recursive: true })
  })

  for (const [what, by] of [
    ['forward by an hour', 3_600_000],
    ['back by an hour', -3_600_000],
  ] as const) {
    it(`${what}: who is in stays in, nobody else gets in, and the next fence is higher`, async () => {
      const lease = await granted(one)
      clock.offset += by
      assert.equal(await heard(two), 'held')
      assert.equal(lease.lost.aborted, false)
      await lease.release()
      const next = await granted(two)
      assert.ok(next.fence > lease.fence)
      await next.release()
    })
  }
})

describe('locks: redis, when a replica takes over that has not heard the last writes', function () {
  this.timeout(30_000)
  const servers: PrivateRedis[] = []
  const sockets = new Set<Socket>()
  let target = 0
  const way = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('data', (octets) => to.write(octets))
      from.once('close', () => to.destroy())
    }
  })
  let one: Locks
  let two: Locks

  before(async function () {
    if (!installed('redis-server')) {
      console.log('      no redis-server on this machine: skipped')
      return this.skip()
    }
    const ports = await freePorts(2)
    for (const port of ports) {
      const redis = new PrivateRedis(port)
      servers.push(redis)
      await redis.start()
    }
    target = ports[0] ?? 0
    way.listen(0, '127.0.0.1')
    await once(way, 'listening')
    const { port } = way.address() as AddressInfo // it listens on TCP
    const settings = { ...lockSettings({ main: { redis: `redis://127.0.0.1:${port}` } }), expiry: EXPIRY }
    one = await openRedisLocks({ settings })
    two = await openRedisLocks({ settings })
    // The replica: what the table was before anybody came in.
    const replica = new Redis(ports[1] ?? 0, '127.0.0.1')
    await replica.replicaof('127.0.0.1', target)
    await becomes(async () => /master_link_status:up/.test(await replica.info('replication')), true)
    await replica.replicaof('NO', 'ONE')
    replica.disconnect()
  })
  after(async () => {
    await Promise.all([one?.close(), two?.close()])
    way.close()
    for (const socket of sockets) socket.destroy()
    for (const redis of servers) await redis.stop()
  })

  it('who was in has to go at the next renewal; the next fence is higher, so it deletes nothing until then', async () => {
    const lease = await granted(one)
    target = servers[1]?.port ?? 0
    for (const socket of sockets) socket.destroy()
    const begun = performance.now()
    if (!lease.lost.aborted) await once(lease.lost, 'abort')
    assert.ok(performance.now() - begun < EXPIRY, 'at the latest when its lease would end')
    let next = await two.acquire(wanted)
    while (!next.ok) next = await two.acquire({ ...wanted, wait: 500 })
    assert.ok(next.value.fence > lease.fence)
    await next.value.release()
  })
})
