import type { Sql } from '../../../engine/sqlite/connection/connection'

/**
 * What is removed in it is overwritten with zeros: else its octets lie in free pages until others need them. Always to do so would
 * write each page of mail that goes, for which nobody has asked (docs/recycle-bin.md#erased-at-once).
 */
export function overwriting<T>(sql: Sql, run: () => T): T {
  const before = sql.get<{ secure_delete: number }>('PRAGMA secure_delete')?.secure_delete ?? 0
  sql.exec('PRAGMA secure_delete = ON')
  try {
    return run()
  } finally {
    sql.exec(`PRAGMA secure_delete = ${before}`)
  }
}
