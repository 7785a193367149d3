import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Key } from 'lmdb'
import { decodedOnce, openEnvironment, settled } from '../../processes/environment'
import { DAY } from '../../terms/calendar'
import { turn } from '../../work/turns'
import type { AttemptLog, TrailEntry } from '../lockout/attempts'
import { type Clear, clearing, matches, pastOf, recordOn, standingOn } from '../lockout/ledger'
import {
  type Bucket,
  expiresAt,
  inForce,
  type LockoutPolicy,
  mostOver,
  WEIGHTS,
  type Weight,
  weight,
} from '../lockout/lockout'

export interface EmbeddedAttemptsOptions {
  /** folder of its own; made when missing */
  readonly path: string
  readonly policy: LockoutPolicy
  /** buckets kept at most: a flood pushes out the least telling ones */
  readonly maxBuckets?: number
  /** entries of the audit trail kept at most, and for how long (milliseconds) */
  readonly maxTrail?: number
  readonly keepTrail?: number
}

/** milliseconds in which entries of the trail gather for one commit */
const GATHER = 50

interface Row {
  readonly bucket: Bucket
  /** its place in the queue of eviction, to find it again */
  readonly rank: readonly [Weight, number]
}

const PAGE = 200

/** A whole table in turns: what an operator asks for must not hold up those who log in. */
async function* pages<V, K extends Key>(
  table: Database<V, K>,
  reverse = false,
): AsyncGenerator<readonly { readonly key: K; readonly value: V }[]> {
  let last: K | undefined
  for (;;) {
    const rows = [...table.getRange({ ...(last !== undefined && { start: last }), reverse, limit: PAGE })]
    // A page begins where the one before ended; that row may be gone by now.
    yield rows.filter(({ key }) => String(key) !== String(last))
    if (rows.length < PAGE) return
    last = rows.at(-1)?.key
    await turn()
  }
}

/** Names come from attackers, and a key may be 1978 octets at most. */
const hash = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 22)

/** All processes of a host share one small LMDB environment; it survives restarts and stays within its bounds. */
export function openEmbeddedAttempts(settings: EmbeddedAttemptsOptions): AttemptLog & { size(): number } {
  const { path, policy, maxBuckets = 100_000, maxTrail = 100_000, keepTrail = 30 * DAY } = settings
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const env = openEnvironment({ path, maxDbs: 6, mapSize: 64 * 1024 ** 2 })
  const buckets = env.openDB<Row, string>({ name: 'buckets' })
  const row = decodedOnce(buckets)
  const queueNamed = (name: string) => env.openDB<boolean, [number, string]>({ name })
  // Longest untouched first, one queue for each weight.
  const queues = [queueNamed('single'), queueNamed('several'), queueNamed('barred'), queueNamed('good')] as const
  const trail = env.openDB<TrailEntry, [number, number]>({ name: 'trail' })
  let serial = 0
  const unwritten: TrailEntry[] = []
  let written: Promise<void> | undefined
  /** records that are being written */
  let underWay = 0

  const entries = (db: { getStats(): object }): number => {
    const stats: object = db.getStats()
    return 'entryCount' in stats && typeof stats.entryCount === 'number' ? stats.entryCount : 0
  }
  const read = (key: string): Bucket | undefined => row(hash(key))?.bucket

  /** Inside a transaction. */
  function put(key: string, bucket: Bucket, now: number): void {
    const old = buckets.get(key)
    if (old) queues[old.rank[0]].removeSync([old.rank[1], key])
    const level = weight(bucket, now)
    buckets.putSync(key, { bucket, rank: [level, now] })
    queues[level].putSync([now, key], true)
  }
  /** Inside a transaction. @returns false: this one is kept */
  function removeOldest(level: Weight, when: (row: Row) => boolean): boolean {
    const [oldest] = [...queues[level].getKeys({ limit: 1 })]
    if (!oldest) return false
    const row = buckets.get(oldest[1])
    if (row && !when(row)) return false
    buckets.removeSync(oldest[1])
    queues[level].removeSync(oldest)
    return true
  }
  /** Inside a transaction: a few each time (more than an attempt adds), so that no attempt pays for a flood. */
  function tidy(now: number): void {
    const expired = ({ bucket }: Row): boolean => expiresAt(bucket, policy) <= now
    for (const level of WEIGHTS) for (let left = 8; left > 0 && removeOldest(level, expired); left--);
    for (let left = 8; left > 0; left--) {
      const level = mostOver((each) => entries(queues[each]), maxBuckets)
      if (level === undefined) return
      removeOldest(level, () => true)
    }
  }

  /** One commit for many entries: nobody waits for the trail. */
  async function writeTrail(): Promise<void> {
    const entriesNow = unwritten.splice(0)
    written = undefined
    await settled(
      env.transaction(() => {
        for (const entry of entriesNow) {
          serial = (serial + 1) % 1_000_000
          trail.putSync([entry.at, serial * 65_536 + (process.pid % 65_536)], entry)
        }
        let over = entries(trail) - maxTrail
        const now = entriesNow.at(-1)?.at ?? 0
        // More than was added, so that it comes back within its bounds.
        for (const key of [...trail.getKeys({ limit: 4 * entriesNow.length })]) {
          if (over-- <= 0 && key[0] >= now - keepTrail) break
          trail.removeSync(key)
        }
      }),
    )
  }

  const clearThese = (keys: readonly string[], what: Clear): Promise<number> =>
    settled(
      env.transaction(() => {
        let count = 0
        for (const key of keys) {
          const value = buckets.get(key)
          const left = value && clearing(value.bucket, what)
          if (!left || left === value.bucket) continue
          count += 1
          put(key, left, value.rank[1])
        }
        return count
      }),
    )

  return {
    driver: 'embedded',
    /** buckets kept now */
    size: () => entries(buckets),
    judge: async (who, now) => standingOn(who, read, policy, now),
    record: async (who, outcome, now) => {
      // A success that is no news needs no transaction, unless this process has failures on their way to the disk.
      if (outcome.kind === 'success' && underWay === 0) {
        const { recorded, changed } = recordOn(who, outcome, read, policy, now)
        if (changed.size === 0) return recorded
      }
      underWay += 1
      try {
        return await settled(
          env.transaction(() => {
            const { recorded, changed } = recordOn(who, outcome, read, policy, now)
            for (const [key, bucket] of changed) put(hash(key), bucket, now)
            if (changed.size > 0) tidy(now)
            return recorded
          }),
        )
      } finally {
        underWay -= 1
      }
    },
    buckets: async (who) => [...pastOf(who, read, policy).values()],
    // Buckets with a bar in force have one of the two highest weights.
    list: async (now) =>
      [...queues[2].getKeys(), ...queues[3].getKeys()].flatMap(([, key]) => {
        const bar = buckets.get(key)?.bucket.bar
        return bar && inForce(bar, now) ? [bar] : []
      }),
    clear: async (what) => {
      let count = 0
      for await (const rows of pages(buckets)) {
        const keys = rows.filter(({ value }) => clearing(value.bucket, what) !== value.bucket).map(({ key }) => key)
        if (keys.length > 0) count += await clearThese(keys, what)
      }
      return count
    },
    note: (entry) => {
      unwritten.push(entry)
      written ??= pause(GATHER).then(writeTrail)
      return written
    },
    trail: async (filter) => {
      const found: TrailEntry[] = []
      for await (const rows of pages(trail, true)) {
        found.push(...rows.map(({ value }) => value).filter((entry) => matches(entry, filter)))
        if (found.length >= filter.limit) break
      }
      return found.slice(0, filter.limit)
    },
    close: async () => {
      await written?.catch(() => undefined)
      await env.close()
    },
  }
}
