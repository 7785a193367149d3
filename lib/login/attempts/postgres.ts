import { setTimeout as pause } from 'node:timers/promises'
import { openServer, type Row } from '../../engine/postgres/server'
import { DAY } from '../../terms/calendar'
import type { Log } from '../../terms/ports'
import type { AttemptLog, TrailEntry } from '../lockout/attempts'
import { clearing, pastOf, recordOn, standingOn } from '../lockout/ledger'
import { type Bar, type Bucket, inForce, type LockoutPolicy, mostOver, placesOf, type Who } from '../lockout/lockout'
import * as sql from './postgres-tables'

export interface PostgresAttemptsOptions {
  /** may hold a password: never logged */
  readonly url: string
  readonly policy: LockoutPolicy
  readonly log: Log
  /** buckets kept at most, and a hundredth of it for each process */
  readonly maxBuckets?: number
  /** entries of the audit trail kept at most, and for how long (milliseconds) */
  readonly maxTrail?: number
  readonly keepTrail?: number
}

/** milliseconds that PostgreSQL has to answer */
const PATIENCE = 2000
/** milliseconds in which entries of the trail gather for one statement */
const GATHER = 50

/** For all hosts that share a PostgreSQL. When it does not answer nobody comes in, with a temporary error. */
export function openPostgresAttempts(options: PostgresAttemptsOptions): AttemptLog {
  const { url, policy, log, maxBuckets = 100_000, maxTrail = 100_000, keepTrail = 30 * DAY } = options
  const own = { purpose: 'logins', connections: 3, patience: PATIENCE, tables: sql.TABLES }
  const server = openServer({ url, log, ...own })
  /** buckets and entries that this process wrote since it looked whether there are too many */
  let written = 0
  let unwritten: TrailEntry[] = []
  let trailWritten: Promise<void> | undefined

  const keysOf = (who: Who): string[] => placesOf(who, policy).map(({ key }) => sql.keyOf(key))
  function reader(rows: readonly Row[]): (place: string) => Bucket | undefined {
    const texts = new Map(rows.map(({ key, bucket }) => [key, String(bucket)]))
    return (place) => {
      const text = texts.get(sql.keyOf(place))
      return text === undefined ? undefined : JSON.parse(text)
    }
  }
  const remembered = async (who: Who) => reader(await server.query(sql.readBuckets(keysOf(who))))

  async function tidy(now: number): Promise<void> {
    await server.query(sql.EXPIRED, [now])
    await server.query(sql.TRIM, [maxTrail, now - keepTrail])
    const rows = await server.query<{ weight: number; count: number }>(sql.COUNTS)
    const counts = new Map(rows.map(({ weight, count }) => [weight, count]))
    const going = new Map<number, number>()
    for (;;) {
      const level = mostOver((each) => counts.get(each) ?? 0, maxBuckets)
      if (level === undefined) break
      counts.set(level, (counts.get(level) ?? 0) - 1)
      going.set(level, (going.get(level) ?? 0) + 1)
    }
    for (const [level, count] of going) await server.query(sql.OLDEST, [level, count])
  }
  /** A hundredth more at a time, so that no attempt pays for a flood. */
  async function wrote(count: number, now: number): Promise<void> {
    written += count
    if (written < maxBuckets / 100) return
    written = 0
    await tidy(now)
  }

  async function writeTrail(): Promise<void> {
    const entries = unwritten
    unwritten = []
    trailWritten = undefined
    await server.query(sql.NOTE, sql.columnsOf(entries))
    await wrote(entries.length, entries.at(-1)?.at ?? 0)
  }

  const recordNow: AttemptLog['record'] = async (who, outcome, now) => {
    if (outcome.kind === 'success') {
      // Most are no news.
      const { recorded, changed } = recordOn(who, outcome, await remembered(who), policy, now)
      if (changed.size === 0) return recorded
    }
    const keys = keysOf(who)
    const first = [sql.lockBuckets(keys), sql.readBuckets(keys)]
    const { recorded, changed } = await server.transaction(first, ([, rows = []]) => {
      const value = recordOn(who, outcome, reader(rows), policy, now)
      return { last: [...value.changed].map(([key, next]) => sql.putBucket(sql.keyOf(key), next, now, policy)), value }
    })
    await wrote(changed.size, now)
    return recorded
  }
  /** One after another in this process, so that they do not take all connections from those that only look. */
  let turn: Promise<unknown> = Promise.resolve()

  return {
    driver: 'postgres',
    judge: async (who, now) => standingOn(who, await remembered(who), policy, now),
    record: async (who, outcome, now) => {
      const recorded = turn.then(() => recordNow(who, outcome, now))
      turn = recorded.catch(() => undefined)
      return recorded
    },
    buckets: async (who) => [...pastOf(who, await remembered(who), policy).values()],
    list: async (now) => {
      const bars: Bar[] = []
      for (let until = now, after = ''; ; ) {
        const rows = await server.query<{ barred_until: number; key: string; bucket: string }>(sql.BARRED, [
          until,
          after,
        ])
        const found = rows.map(({ bucket }): Bucket => JSON.parse(bucket))
        bars.push(...found.flatMap(({ bar }) => (bar && inForce(bar, now) ? [bar] : [])))
        const last = rows.at(-1)
        if (!last || rows.length < sql.PAGE) return bars
        until = last.barred_until
        after = last.key
      }
    },
    clear: async (what) => {
      let count = 0
      for (let after = ''; ; ) {
        const keys = (await server.query<{ key: string }>(sql.KEYS, [after])).map(({ key }) => key)
        if (keys.length === 0) return count
        count += await server.transaction([sql.lockBuckets(keys), sql.readBuckets(keys)], ([, rows = []]) => {
          const last = rows.flatMap(({ key, touched, bucket: text }) => {
            const bucket: Bucket = JSON.parse(String(text))
            const left = clearing(bucket, what)
            return left === bucket ? [] : [sql.putBucket(String(key), left, Number(touched), policy)]
          })
          return { last, value: last.length }
        })
        after = keys.at(-1) ?? after
      }
    },
    note: (entry) => {
      unwritten.push(entry)
      trailWritten ??= pause(GATHER).then(writeTrail)
      return trailWritten
    },
    trail: async ({ user, address, limit }) => {
      const found: TrailEntry[] = []
      for (let before = Number.MAX_SAFE_INTEGER; found.length < limit; ) {
        const names = [user, address].map((name) => (name === undefined ? null : sql.textFor(name)))
        const rows = await server.query<{ id: number; entry: string }>(sql.TRAIL, [before, ...names])
        found.push(...rows.map(({ entry }): TrailEntry => JSON.parse(entry)))
        before = rows.at(-1)?.id ?? 0
        if (rows.length < sql.ENTRIES) break
      }
      return found.slice(0, limit)
    },
    close: async () => {
      await trailWritten?.catch(() => undefined)
      await server.close()
    },
  }
}
