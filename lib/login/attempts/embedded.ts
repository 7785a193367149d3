import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openDisposable } from '../../engine/sqlite/disposable/disposable'
import { DAY } from '../../terms/calendar'
import type { Log } from '../../terms/ports'
import { turn } from '../../work/turns'
import type { AttemptLog, TrailEntry } from '../lockout/attempts'
import { pastOf, recordOn, standingOn } from '../lockout/ledger'
import { type Bar, type Bucket, inForce, type LockoutPolicy, type Who } from '../lockout/lockout'
import { type Bounds, bucketsOn, program } from './embedded-program'

export interface EmbeddedAttemptsOptions {
  /** folder of its own; made when missing */
  readonly path: string
  readonly policy: LockoutPolicy
  readonly log: Log
  /** buckets kept at most: a flood pushes out the least telling ones */
  readonly maxBuckets?: number
  /** entries of the audit trail kept at most, and for how long (milliseconds) */
  readonly maxTrail?: number
  readonly keepTrail?: number
}

/** milliseconds in which entries of the trail gather for one commit */
const GATHER = 50
/** Rows that an operator's question looks at in one step, bars and entries of the trail. */
const BARS = 200
const ENTRIES = 500

const BARRED = `
SELECT barred_until, key, bucket FROM buckets
WHERE barred_until IS NOT NULL AND (barred_until, key) > (?, ?) ORDER BY barred_until, key LIMIT ${BARS}`

const ENDS = 'SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM trail'
const TRAIL = `
SELECT at, user, address, protocol, mechanism, verdict, reason FROM trail
WHERE id > ? AND id <= ? AND (?3 IS NULL OR user = ?3) AND (?4 IS NULL OR address = ?4) ORDER BY id DESC`

/** All processes of a host share one SQLite file; it survives restarts and stays within its bounds. */
export async function openEmbeddedAttempts(
  settings: EmbeddedAttemptsOptions,
): Promise<AttemptLog & { size(): number }> {
  const { policy, log, maxBuckets = 100_000, maxTrail = 100_000, keepTrail = 30 * DAY } = settings
  const bounds: Bounds = { policy, maxBuckets, maxTrail, keepTrail }
  const file = path.join(settings.path, 'attempts.sqlite')
  const db = await openDisposable(file, program, { log, lost: 'failed logins, lockouts and the audit trail' })
  let unwritten: TrailEntry[] = []
  let written: Promise<void> | undefined
  /** records that are being written */
  let underWay = 0

  const remembered = (who: Who) => db.read((sql) => bucketsOn(sql, who, policy))

  /** One commit for many entries: nobody waits for the trail. */
  async function writeTrail(): Promise<void> {
    const entries = unwritten
    unwritten = []
    written = undefined
    await db.write('note', [entries, bounds], 'visible')
  }

  return {
    driver: 'embedded',
    /** buckets kept now */
    size: () => db.read((sql) => sql.get<{ size: number }>('SELECT sum(buckets) AS size FROM counts')?.size ?? 0),
    judge: async (who, now) => standingOn(who, remembered(who), policy, now),
    record: async (who, outcome, now) => {
      // A success that is no news writes nothing, unless this process has failures on their way to the file.
      if (outcome.kind === 'success' && underWay === 0) {
        const { recorded, changed } = recordOn(who, outcome, remembered(who), policy, now)
        if (changed.size === 0) return recorded
      }
      underWay += 1
      try {
        return await db.write('record', [who, outcome, bounds, now], 'visible')
      } finally {
        underWay -= 1
      }
    },
    buckets: async (who) => [...pastOf(who, remembered(who), policy).values()],
    list: async (now) => {
      const bars: Bar[] = []
      let rows: [number, string, string][] = []
      do {
        const [until, key] = rows.at(-1) ?? [now, '']
        rows = db.read((sql) => sql.columns(BARRED, until, key))
        const found = rows.map(([, , text]): Bucket => JSON.parse(text))
        bars.push(...found.flatMap(({ bar }) => (bar && inForce(bar, now) ? [bar] : [])))
        await turn()
      } while (rows.length === BARS)
      return bars
    },
    clear: async (what) => {
      let count = 0
      let page = { cleared: 0, last: '' }
      do {
        page = await db.write('clear', [what, bounds, page.last], 'visible')
        count += page.cleared
      } while (page.last !== '')
      return count
    },
    note: (entry) => {
      unwritten.push(entry)
      written ??= pause(GATHER).then(writeTrail)
      return written
    },
    trail: async ({ user = null, address = null, limit }) => {
      const [[first, last] = [1, 0]] = db.read((sql) => sql.columns<[number, number]>(ENDS))
      const found: TrailEntry[] = []
      for (let end = last; end >= first && found.length < limit; end -= ENTRIES) {
        found.push(...db.read((sql) => sql.all<TrailEntry>(TRAIL, end - ENTRIES, end, user, address)))
        await turn()
      }
      return found.slice(0, limit)
    },
    close: async () => {
      await written?.catch(() => undefined)
      await db.close()
    },
  }
}
