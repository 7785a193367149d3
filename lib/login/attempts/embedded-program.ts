import { hash } from 'node:crypto'
import type { Sql } from '../../engine/sqlite/connection/connection'
import { trimOldest } from '../../engine/sqlite/disposable/trim'
import { defineProgram } from '../../engine/sqlite/program'
import type { Recorded, TrailEntry } from '../lockout/attempts'
import { type Clear, clearing, recordOn } from '../lockout/ledger'
import {
  type AttemptOutcome,
  type Bucket,
  expiresAt,
  type LockoutPolicy,
  mostOver,
  placesOf,
  WEIGHTS,
  type Weight,
  type Who,
  weight,
} from '../lockout/lockout'

/** What the writer does with the file of attempts. */

const SCHEMA = [
  `
CREATE TABLE buckets (
  key TEXT PRIMARY KEY,
  weight INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  barred_until INTEGER,
  bucket TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX buckets_age ON buckets (weight, touched, expires);
CREATE INDEX buckets_barred ON buckets (barred_until) WHERE barred_until IS NOT NULL;

CREATE TABLE counts (weight INTEGER PRIMARY KEY, buckets INTEGER NOT NULL);
INSERT INTO counts VALUES (0, 0), (1, 0), (2, 0), (3, 0);
CREATE TRIGGER bucket_came AFTER INSERT ON buckets BEGIN
  UPDATE counts SET buckets = buckets + 1 WHERE weight = NEW.weight;
END;
CREATE TRIGGER bucket_went AFTER DELETE ON buckets BEGIN
  UPDATE counts SET buckets = buckets - 1 WHERE weight = OLD.weight;
END;
CREATE TRIGGER bucket_weighed AFTER UPDATE OF weight ON buckets WHEN OLD.weight <> NEW.weight BEGIN
  UPDATE counts SET buckets = buckets - 1 WHERE weight = OLD.weight;
  UPDATE counts SET buckets = buckets + 1 WHERE weight = NEW.weight;
END;

CREATE TABLE trail (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  user TEXT NOT NULL,
  address TEXT NOT NULL,
  protocol TEXT NOT NULL,
  mechanism TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL
)`,
]

const PUT = `
INSERT INTO buckets (key, weight, touched, expires, barred_until, bucket) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET weight = excluded.weight, touched = excluded.touched, expires = excluded.expires,
  barred_until = excluded.barred_until, bucket = excluded.bucket`

/** Buckets that one write looks through. */
const PAGE = 200

export interface Bounds {
  readonly policy: LockoutPolicy
  readonly maxBuckets: number
  readonly maxTrail: number
  /** milliseconds */
  readonly keepTrail: number
}

/** Names come from attackers, and may be long. */
const keyOf = (place: string): string => hash('sha256', place, 'base64url').slice(0, 22)

/** As many as an attempt has at most (`placesOf`): an IPv6 address has one more than an IPv4 address. */
const READ = 'SELECT key, bucket FROM buckets WHERE key IN (?1, ?2, ?3, ?4, ?5, ?6)'
const NO_KEY = ''

/** What is remembered of an attempt, read at once. */
export function bucketsOn(sql: Sql, who: Who, policy: LockoutPolicy): (place: string) => Bucket | undefined {
  const places = placesOf(who, policy).map(({ key }) => key)
  const keys = places.map(keyOf)
  const [first = NO_KEY, second = NO_KEY, third = NO_KEY, fourth = NO_KEY, fifth = NO_KEY, sixth = NO_KEY] = keys
  const rows = sql.columns<[string, string]>(READ, first, second, third, fourth, fifth, sixth)
  return (place) => {
    const key = keys[places.indexOf(place)]
    const row = rows.find(([found]) => found === key)
    return row && JSON.parse(row[1])
  }
}

export const program = defineProgram(__filename, SCHEMA, (sql) => {
  function put(key: string, bucket: Bucket, touched: number, policy: LockoutPolicy): void {
    const { bar } = bucket
    const values = [weight(bucket, touched), touched, expiresAt(bucket, policy), bar?.until ?? null]
    sql.run(PUT, key, ...values, JSON.stringify(bucket))
  }

  /** @param expiredAt only if it has expired by then. @returns false: there is none */
  function removeOldest(level: Weight, expiredAt = Number.MAX_SAFE_INTEGER): boolean {
    const oldest = sql.get<{ key: string; expires: number }>(
      'SELECT key, expires FROM buckets WHERE weight = ? ORDER BY touched LIMIT 1',
      level,
    )
    if (!oldest || oldest.expires > expiredAt) return false
    sql.run('DELETE FROM buckets WHERE key = ?', oldest.key)
    return true
  }

  /** A few each time (more than an attempt adds), so that no attempt pays for a flood. */
  function tidy(now: number, limit: number): void {
    for (const level of WEIGHTS) for (let left = 8; left > 0 && removeOldest(level, now); left--);
    const counts = sql.columns<[number]>('SELECT buckets FROM counts ORDER BY weight').flat()
    for (let left = 8; left > 0; left--) {
      const level = mostOver((each) => counts[each] ?? 0, limit)
      if (level === undefined || !removeOldest(level)) return
      counts[level] = (counts[level] ?? 0) - 1
    }
  }

  return {
    record(who: Who, outcome: AttemptOutcome, { policy, maxBuckets }: Bounds, now: number): Recorded {
      const { recorded, changed } = recordOn(who, outcome, bucketsOn(sql, who, policy), policy, now)
      for (const [key, bucket] of changed) put(keyOf(key), bucket, now, policy)
      if (changed.size > 0) tidy(now, maxBuckets)
      return recorded
    },

    /** A page. @param after last key of the page before. @returns how many were cleared; the last key, empty when no page follows */
    clear(what: Clear, { policy }: Bounds, after: string) {
      const rows = sql.columns<[string, number, string]>(
        `SELECT key, touched, bucket FROM buckets WHERE key > ? ORDER BY key LIMIT ${PAGE}`,
        after,
      )
      let cleared = 0
      for (const [key, touched, text] of rows) {
        const bucket: Bucket = JSON.parse(text)
        const left = clearing(bucket, what)
        if (left === bucket) continue
        cleared += 1
        put(key, left, touched, policy)
      }
      const last = rows.length === PAGE ? rows.at(-1)?.[0] : undefined
      return { cleared, last: last ?? '' }
    },

    note(entries: readonly TrailEntry[], { maxTrail, keepTrail }: Bounds): void {
      for (const { at, user, address, protocol, mechanism, verdict, reason } of entries) {
        sql.run(
          'INSERT INTO trail (at, user, address, protocol, mechanism, verdict, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
          ...[at, user, address, protocol, mechanism, verdict, reason],
        )
      }
      const oldest = (entries.at(-1)?.at ?? 0) - keepTrail
      trimOldest(sql, 'trail', { added: entries.length, most: maxTrail, oldest })
    },
  }
})
