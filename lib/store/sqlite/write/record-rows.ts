import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { RecordKind } from '../../records/records'

/** Records of an account, inside a transaction. */

export interface RecordRow {
  readonly key: string
  readonly value: Uint8Array
  /** NULL stays */
  readonly until: number | null
}

/** Others that a change looks at, to remove those whose time is over: as many go as come. */
const SWEPT = 32

export function putRecord(
  sql: Sql,
  account: number,
  kind: RecordKind,
  { key, value, until }: Omit<RecordRow, 'until'> & { readonly until?: number | null | undefined },
): void {
  // Octets that came from another thread are NULL to Node 22 when there are none.
  const text = "INSERT OR REPLACE INTO records VALUES (?, ?, ?, coalesce(?, x''), ?)"
  sql.run(text, account, kind, key, value, until ?? null)
}

export function removeExpired(sql: Sql, account: number, kind: RecordKind, at: number): void {
  const old = `SELECT key FROM records WHERE account = ?1 AND kind = ?2 AND until <= ?3 ORDER BY until LIMIT ${SWEPT}`
  sql.run(`DELETE FROM records WHERE account = ?1 AND kind = ?2 AND key IN (${old})`, account, kind, at)
}
