import type { Sql } from '../connection/connection'

/** Rows looked at for each that was added: more than came, so that the table comes back within its bounds. */
const SWEEP = 4

export interface Bounds {
  /** rows that were just added */
  readonly added: number
  /** rows kept at most */
  readonly most: number
  /** rows with an `at` before it go */
  readonly oldest: number
}

/**
 * Keeps a log within its bounds, a few rows each time.
 * @param table has `id INTEGER PRIMARY KEY`, numbered as rows came, and `at`; rows go from its front only, so that its ends tell how many there are
 */
export function trimOldest(sql: Sql, table: string, { added, most, oldest }: Bounds): void {
  const last = sql.get<{ id: number }>(`SELECT max(id) AS id FROM ${table}`)?.id ?? 0
  const first = sql.columns<[number, number]>(`SELECT id, at FROM ${table} ORDER BY id LIMIT ?`, SWEEP * added)
  const kept = first.findIndex(([id, at]) => id > last - most && at >= oldest)
  const removed = first[(kept === -1 ? first.length : kept) - 1]
  if (removed) sql.run(`DELETE FROM ${table} WHERE id <= ?`, removed[0])
}
