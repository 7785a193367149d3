import { createHash } from 'node:crypto'
import { connectRedis, type RedisAddress } from '../../processes/redis'
import { DAY } from '../../terms/calendar'
import type { Log } from '../../terms/ports'
import type { AttemptLog, Recorded, TrailEntry } from '../lockout/attempts'
import { type Clear, clearing, matches, pastOf, recordOn, standingOn } from '../lockout/ledger'
import {
  type AttemptOutcome,
  type Bar,
  type Bucket,
  expiresAt,
  inForce,
  type LockoutPolicy,
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
 * (`mostOver` in weight.ts). KEYS: indexes, buckets. ARGV: limit, then old text, new text, expiry, weight, time of each.
 */
const WRITE = `
for i = 5, #KEYS do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[5 * i - 23] then return 0 end
end
for i = 5, #KEYS do
  local at = 5 * i - 23
  redis.call('SET', KEYS[i], ARGV[at + 1], 'PX', ARGV[at + 2])
  for w = 1, 4 do
    if w - 1 == tonumber(ARGV[at + 3]) then redis.call('ZADD', KEYS[w], ARGV[at + 4], KEYS[i])
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
/** Buckets that one command reads or writes: Redis and this process do other things in between. */
const PAGE = 200

interface Change {
  readonly key: string
  readonly old: string
  readonly next: Bucket
  /** when it was touched */
  readonly at: number
}

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
  async function write(changes: readonly Change[]): Promise<boolean> {
    const values = changes.flatMap(({ old, next, at }) => [
      old,
      JSON.stringify(next),
      // A time from now on: the clock of Redis may be another.
      String(Math.max(expiresAt(next, policy) - at, 60_000)),
      String(weight(next, at)),
      String(at),
    ])
    const keys = [...indexes, ...changes.map(({ key }) => key)]
    return (await redis.eval(WRITE, keys.length, ...keys, String(maxBuckets), ...values)) === 1
  }

  /** Keys of these indexes, in pages. One whose weight changes meanwhile may come twice. */
  async function* pages(of: readonly string[]): AsyncGenerator<readonly string[]> {
    for (const index of of) {
      let cursor = '0'
      do {
        const [next, members] = await redis.zscan(index, cursor, 'COUNT', PAGE)
        const keys = members.filter((_member, at) => at % 2 === 0)
        // A small index comes whole, whatever it was asked for.
        for (let at = 0; at < keys.length; at += PAGE) yield keys.slice(at, at + PAGE)
        cursor = next
      } while (cursor !== '0')
    }
  }

  async function readPage(keys: readonly string[]) {
    const texts = await redis.mget([...keys])
    return keys.flatMap((key, nth) => {
      const old = texts[nth]
      const bucket = bucketOf(old)
      return old && bucket ? [{ key, old, bucket }] : []
    })
  }

  /** @returns how many of these were cleared */
  async function clearPage(keys: readonly string[], what: Clear): Promise<number> {
    for (let left = TRIES; left > 0; left--) {
      const changes = (await readPage(keys)).flatMap(({ key, old, bucket }): Change[] => {
        const next = clearing(bucket, what)
        return next === bucket ? [] : [{ key, old, next, at: bucket.failures.at(-1) ?? 1 }]
      })
      if (changes.length === 0) return 0
      if (await write(changes)) return changes.length
      // An attempt came between: from now on it disturbs its own bucket alone.
      if (changes.length > 1) {
        const counts = await Promise.all(changes.map(({ key }) => clearPage([key], what)))
        return counts.reduce((sum, count) => sum + count, 0)
      }
    }
    throw new Error('the attempt log is too busy')
  }

  async function recordNow(who: Who, outcome: AttemptOutcome, now: number): Promise<Recorded> {
    for (let left = TRIES; left > 0; left--) {
      const texts = await readAll(who)
      const { recorded, changed } = recordOn(who, outcome, (key) => bucketOf(texts.get(key)), policy, now)
      if (changed.size === 0) return recorded
      const changes = [...changed].map(([key, next]) => ({ key: keyOf(key), old: texts.get(key) ?? '', next, at: now }))
      if (await write(changes)) return recorded
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
      const bars = new Map<string, Bar>()
      // Buckets with a bar in force have one of the two highest weights.
      for await (const keys of pages(indexes.slice(2)))
        for (const { key, bucket } of await readPage(keys))
          if (bucket.bar && inForce(bucket.bar, now)) bars.set(key, bucket.bar)
      return [...bars.values()]
    },
    clear: async (what) => {
      let count = 0
      for await (const keys of pages(indexes)) count += await clearPage(keys, what)
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
