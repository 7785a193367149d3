import type { DeliveryEntry } from '../../delivery/log/entries'
import type { TrailEntry } from '../../login/lockout/attempts'

const HOUR = 3_600_000
const HOURS = 24

/** The first millisecond that graphs show. */
export const graphsBegin = (now: number): number => now - HOURS * HOUR

/** One row of each of the last hours, oldest first, and the row that a time is in. */
function hoursUntil<Row>(now: number, row: (at: number) => Row) {
  const first = Math.floor(now / HOUR) - HOURS + 1
  const rows = Array.from({ length: HOURS }, (_, index) => row((first + index) * HOUR))
  return { rows, rowOf: (at: number): Row | undefined => rows[Math.floor(at / HOUR) - first] }
}

export function loginsByHour(entries: readonly TrailEntry[], now: number) {
  const { rows, rowOf } = hoursUntil(now, (at) => ({ at, granted: 0, refused: 0 }))
  for (const { at, verdict } of entries) {
    const row = rowOf(at)
    if (row && verdict !== 'unavailable') row[verdict]++
  }
  return rows
}

export function mailByHour(entries: readonly DeliveryEntry[], now: number) {
  const { rows, rowOf } = hoursUntil(now, (at) => ({ at, stored: 0, failed: 0, bytes: 0 }))
  for (const { at, outcome, size } of entries) {
    const row = rowOf(at)
    if (!row) continue
    row[outcome === 'stored' ? 'stored' : 'failed']++
    if (outcome === 'stored') row.bytes += size
  }
  return rows
}
