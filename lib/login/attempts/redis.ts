import { createHash } from 'node:crypto'
import { connectRedis, type RedisAddress } from '../../processes/redis'
import { DAY } from '../../terms/calendar'
import type { Log } from '../../terms/ports'
import type { AttemptLog, Recorded, TrailEntry } from '../lockout/attempts'
import { clearing, matches, pastOf, recordOn, standingOn } from '../lockout/ledger'
import {
  type Bucket,
  expiresAt,
  inForce,
  type LockoutPolicy,
  type Outcome,
  placesOf,
  SHARES,
  type Who,
  weight,
} from '../lockout/lockout'

export interface RedisAttemptsOptions {
  readonly redis: RedisAddress
  readonly policy: LockoutPolicy
  readonly log: Log
  /** all keys begin with it; one hash slot, so that a cluster can run the script */
  readonly prefix?: string
  readonly maxBuckets?: number
  readonly maxTrail?: number
  readonly keepTrail?: number
}

/**
 * Writes all buckets of an attempt if none changed since they were read, else nothing. An index for each weight
 * orders them by when they were touched; a full log gives up the longest untouched of the weight that is most over its share
 * (`mostOver` in lockout.ts). KEYS: indexes, buckets. ARGV: limit, now, then old text, new text, expiry, weight of each.
 */
const WRITE = `
for i = 5, #KEYS do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[4 * i - 17] then return 0 end
end
for i = 5, #KEYS do
  redis.call('SET', KEYS[i], ARGV[4 * i - 16], 'PX', ARGV[4 * i - 15])
  for w = 1, 4 do
    if w - 1 == tonumber(ARGV[4 * i - 14]) then redis.call('ZADD', KEYS[w], ARGV[2], KEYS[i])
    else redis.call('ZREM', KEYS[w], KEYS[i]) end
  end
end
local limit, shares = tonumber(ARGV[1]), {${SHARES.join(', ')}}
for _ = 1, 8 do
  local counts, total = {}, 0
  for w = 1, 4 do counts[w] = redis.call('ZCARD', KEYS[w]) total = total + counts[w] end
  if total <= limit then break end
  local worst, over = 1, counts[1] - shares[1] * limit
  for w = 2, 4 do
    local by = counts[w] - shares[w] * limit
    if by > over then worst, over = w, by end
  end
  local oldest = redis.call('ZPOPMIN', KEYS[worst])
  if oldest[1] then redis.call('DEL', oldest[1]) end
end
return 1`

const TRIES = 50

/** For all hosts that share a Redis. Its commands have a time limit: without Redis nobody comes in, with a temporary error. */
export function openRedisAttempts(options: RedisAttemptsOptions): AttemptLog {
  const { policy, log, maxBuckets = 100_000, maxTrail = 100_000, keepTrail = 30 * DAY } = options
  const prefix = options.prefix ?? '{mailbox-login}:'
  const indexes = ['single', 'several', 'barred', 'good'].map((name) => `${prefix}${name}`)
  const trailKey = `${prefix}trail`
  const redis = connectRedis(options.redis, { maxRetriesPerRequest: 1, connectTimeout: 2000, commandTimeout: 2000 })
  redis.on('error', (error: Error) => log.error(`login: redis: ${error.message}`))

  const keyOf = (key: string): string =>
    `${prefix}b:${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`
  const bucketOf = (text: string | null | undefined): Bucket | undefined => (text ? JSON.parse(text) : undefined)

  async function readAll(who: Who): Promise<Map<string, string>> {
    const keys = placesOf(who, policy).map(({ key }) => key)
    const texts = await redis.mget(keys.map(keyOf))
    return new Map(keys.map((key, at) => [key, texts[at] ?? '']))
  }
  /** @returns whether nobody came in between */
  async function write(changes: readonly { key: string; old: string; next: Bucket }[], now: number): Promise<boolean> {
    const values = changes.flatMap(({ old, next }) => [
      old,
      JSON.stringify(next),
      // A time from now on: the clock of Redis may be another.
      String(Math.max(expiresAt(next, policy) - now, 60_000)),
      String(weight(next, now)),
    ])
    const keys = [...indexes, ...changes.map(({ key }) => key)]
    return (await redis.eval(WRITE, keys.length, ...keys, String(maxBuckets), String(now), ...values)) === 1
  }
  async function eachBucket(visit: (key: string, text: string, bucket: Bucket) => Promise<void>): Promise<void> {
    const keys = (await Promise.all(indexes.map((index) => redis.zrange(index, '0', '-1')))).flat()
    for (let at = 0; at < keys.length; at += 500) {
      const some = keys.slice(at, at + 500)
      const texts = await redis.mget(some)
      for (const [place, text] of texts.entries()) {
        const key = some[place]
        const bucket = bucketOf(text)
        if (key !== undefined && text && bucket) await visit(key, text, bucket)
      }
    }
  }

  async function recordNow(who: Who, outcome: Outcome, now: number): Promise<Recorded> {
    for (let left = TRIES; left > 0; left--) {
      const texts = await readAll(who)
      const { recorded, changed } = recordOn(who, outcome, (key) => bucketOf(texts.get(key)), policy, now)
      if (changed.size === 0) return recorded
      const changes = [...changed].map(([key, next]) => ({ key: keyOf(key), old: texts.get(key) ?? '', next }))
      if (await write(changes, now)) return recorded
    }
    throw new Error('the attempt log is too busy')
  }
  // One after another in this process: only other processes can come between, so that the tries suffice.
  let turn: Promise<unknown> = Promise.resolve()

  return {
    driver: 'redis',
    judge: async (who, now) => {
      const texts = await readAll(who)
      return standingOn(who, (key) => bucketOf(texts.get(key)), policy, now)
    },
    record: (who, outcome, now) => {
      const recorded = turn.then(() => recordNow(who, outcome, now))
      turn = recorded.catch(() => undefined)
      return recorded
    },
    buckets: async (who) => {
      const texts = await readAll(who)
      return [...pastOf(who, (key) => bucketOf(texts.get(key)), policy).values()]
    },
    list: async (now) => {
      const bars: NonNullable<Bucket['bar']>[] = []
      await eachBucket(async (_key, _text, { bar }) => {
        if (bar && inForce(bar, now)) bars.push(bar)
      })
      return bars
    },
    clear: async (what) => {
      let count = 0
      await eachBucket(async (key, text, bucket) => {
        const next = clearing(bucket, what)
        if (next !== bucket && (await write([{ key, old: text, next }], bucket.failures.at(-1) ?? 1))) count += 1
      })
      return count
    },
    note: async (entry) => {
      await redis.xadd(trailKey, 'MAXLEN', '~', maxTrail, '*', 'entry', JSON.stringify(entry))
      await redis.pexpire(trailKey, keepTrail)
    },
    trail: async (filter) => {
      const found: TrailEntry[] = []
      let end = '+'
      while (found.length < filter.limit) {
        const rows = await redis.xrevrange(trailKey, end, '-', 'COUNT', 500)
        for (const [, [, text]] of rows) {
          const entry: TrailEntry | undefined = text ? JSON.parse(text) : undefined
          if (entry && matches(entry, filter) && found.length < filter.limit) found.push(entry)
        }
        const last = rows.at(-1)?.[0]
        if (rows.length < 500 || last === undefined) break
        end = `(${last}`
      }
      return found
    },
    close: async () => {
      await redis.quit().catch(() => redis.disconnect())
    },
  }
}
