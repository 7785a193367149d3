import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Locks } from '../../lib/locks/locks'
import { openPostgresLocks } from '../../lib/locks/postgres'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { testDatabase } from '../postgres'
import { REDIS, redisOrSkip, removeKeys } from '../redis'
import type { Place } from './peer'
import { PeerProcess } from './peer-process'

const redisPrefix = `expiry-test-${randomBytes(4).toString('hex')}`
const EXPIRY = 1500

function expires(name: string, open: () => Promise<{ locks: Locks; place: Place } | undefined>): void {
  describe(`a refused lock attempt must not refresh the holder's expiry: ${name}`, function () {
    this.timeout(60_000)
    let locks: Locks
    let holder: PeerProcess
    before(async function () {
      const opened = await open()
      if (!opened) return this.skip()
      locks = opened.locks
      holder = await PeerProcess.open({ ...opened.place, expiry: EXPIRY })
    })
    after(async () => {
      holder?.signal('SIGCONT')
      await holder?.kill()
      await locks?.close()
    })

    it('a holder that was stopped loses the lock however often others try', async () => {
      const wanted = { account: 'a', protocol: 'pop3', access: 'exclusive', address: '192.0.2.1', wait: 0 } as const
      await holder.granted(wanted)
      holder.signal('SIGSTOP')
      const stopped = performance.now()
      let refused = 0
      for (;;) {
        const attempt = await locks.acquire(wanted)
        if (attempt.ok) {
          await attempt.value.release()
          break
        }
        refused++
        assert.ok(performance.now() - stopped < 20 * EXPIRY, `still refused after ${refused} attempts`)
        await pause(EXPIRY / 30)
      }
      assert.ok(refused > 5, `${refused} attempts were refused meanwhile`)
    })
  })
}

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-locks-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const settings = { ...lockSettings({}), expiry: EXPIRY }
expires('embedded', async () => ({
  locks: await openEmbeddedLocks({ path: folder, settings }),
  place: { where: folder },
}))
const database = testDatabase()
expires('postgres', async () => {
  if (!(await database.open())) return undefined
  const settings = { ...lockSettings({ main: { postgres: database.url() } }), expiry: EXPIRY }
  return { locks: await openPostgresLocks({ settings }), place: { where: database.url() } }
})
let usedRedis = false
after(() => usedRedis && removeKeys(`{${redisPrefix}}:`))
expires('redis', async () => {
  usedRedis = await redisOrSkip()
  if (!usedRedis) return undefined
  const ofRedis = { ...lockSettings({ main: { redis: REDIS, redis_prefix: redisPrefix } }), expiry: EXPIRY }
  return { locks: await openRedisLocks({ settings: ofRedis }), place: { where: REDIS, redisPrefix } }
})
