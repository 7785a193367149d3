import type { AttemptLog, TrailEntry } from '../lockout/attempts'
import { clearing, matches, pastOf, recordOn, standingOn } from '../lockout/ledger'
import { type Bucket, expiresAt, inForce, type LockoutPolicy } from '../lockout/lockout'

/** For one process and for tests: forgets at restart. */
export function memoryAttempts(policy: LockoutPolicy, limit = 10_000): AttemptLog {
  const buckets = new Map<string, Bucket>()
  const trail: TrailEntry[] = []

  return {
    driver: 'memory',
    judge: async (who, now) => standingOn(who, (key) => buckets.get(key), policy, now),
    record: async (who, outcome, now) => {
      const { recorded, changed } = recordOn(who, outcome, (key) => buckets.get(key), policy, now)
      for (const [key, bucket] of changed) {
        buckets.delete(key)
        buckets.set(key, bucket)
      }
      for (const [key, bucket] of buckets) {
        if (buckets.size <= limit && expiresAt(bucket, policy) > now) break
        buckets.delete(key)
      }
      return recorded
    },
    buckets: async (who) => [...pastOf(who, (key) => buckets.get(key), policy).values()],
    list: async (now) => [...buckets.values()].flatMap(({ bar }) => (bar && inForce(bar, now) ? [bar] : [])),
    clear: async (what) => {
      let count = 0
      for (const [key, bucket] of buckets) {
        const left = clearing(bucket, what)
        if (left === bucket) continue
        count += 1
        buckets.set(key, left)
      }
      return count
    },
    note: async (entry) => {
      trail.push(entry)
      if (trail.length > limit) trail.shift()
    },
    trail: async (filter) =>
      trail
        .filter((entry) => matches(entry, filter))
        .slice(-filter.limit)
        .reverse(),
    close: async () => {},
  }
}
