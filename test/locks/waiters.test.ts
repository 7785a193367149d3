import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Locks } from '../../lib/locks/locks'
import { openMemoryLocks } from '../../lib/locks/memory'
import { openPostgresLocks } from '../../lib/locks/postgres'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { testDatabase } from '../postgres'
import { REDIS, redisOrSkip, removeKeys } from '../redis'

const redisPrefix = `waiters-test-${randomBytes(4).toString('hex')}`
const settings = lockSettings({
  main: { redis: REDIS, redis_prefix: redisPrefix },
  limits: { waiters_per_account: '2', waiters_per_address: '3', waiters: '4' },
})

function bounded(name: string, open: () => Promise<Locks | undefined>): void {
  describe(`waiters without end: ${name}`, () => {
    let locks: Locks
    before(async function () {
      const opened = await open()
      if (!opened) return this.skip()
      locks = opened
    })
    after(() => locks?.close())

    const gone = new AbortController()
    const take = (account: string, address: string, wait: number) =>
      locks.acquire({ account, address, wait, protocol: 'pop3', access: 'exclusive' }, gone.signal)

    it('are refused at once when the account, the address or the process has enough of them; places come back', async () => {
      const accounts = ['a', 'b', 'c', 'd']
      const held = await Promise.all(accounts.map((account) => take(account, '192.0.2.1', 0)))
      assert.ok(held.every(({ ok }) => ok))
      const long = 600_000
      const kindOf = async (account: string, address: string): Promise<string> => {
        const result = await take(account, address, long)
        return result.ok ? 'granted' : result.fault.kind
      }
      const waiting = [take('a', '192.0.2.2', long), take('a', '192.0.2.3', long)]
      // The account has two.
      assert.equal(await kindOf('a', '192.0.2.4'), 'held')
      waiting.push(take('b', '192.0.2.2', long), take('c', '192.0.2.2', long))
      // The address has three, and all have four.
      assert.equal(await kindOf('d', '192.0.2.2'), 'held')
      assert.equal(await kindOf('d', '192.0.2.9'), 'held')
      // Who needs not wait gets in.
      assert.equal((await take('e', '192.0.2.2', long)).ok, true)
      // Who waited gets in, and leaves a place.
      if (held[3]?.ok) await held[3].value.release()
      if (held[2]?.ok) await held[2].value.release()
      assert.equal((await waiting[3])?.ok, true)
      const next = take('d', '192.0.2.2', long)
      assert.equal((await next).ok, true)
      gone.abort()
      const left = await Promise.all(waiting.slice(0, 3))
      assert.deepEqual(
        left.map((result) => (result.ok ? 'granted' : result.fault.kind)),
        ['cancelled', 'cancelled', 'cancelled'],
      )
    })
  })
}

bounded('memory', () => openMemoryLocks({ settings, forked: false }))
const database = testDatabase()
bounded('postgres', async () =>
  (await database.open())
    ? openPostgresLocks({ settings: { ...settings, postgres: { url: database.url(), news: 'listen' } } })
    : undefined,
)
let usedRedis = false
after(() => usedRedis && removeKeys(`{${redisPrefix}}:`))
bounded('redis', async () => {
  usedRedis = await redisOrSkip()
  return usedRedis ? openRedisLocks({ settings }) : undefined
})
