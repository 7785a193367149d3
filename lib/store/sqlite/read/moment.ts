import type { Sql } from '../../../engine/sqlite/connection/connection'
import { rollBack } from '../../../engine/sqlite/errors'

/**
 * What `run` reads is of one moment, whatever other processes write meanwhile. It waits for nothing: the log of the file is not
 * held beyond this turn of the event loop. What is too long for one turn does not keep a transaction open instead. While one is,
 * no checkpoint gets behind it, and on a busy server, where sessions open large mailboxes all the time, the log would never begin
 * anew. Long reads are pages, each of its own moment, and the log of changes tells what came between (`follow`).
 */
export function moment<T>(sql: Sql, run: () => T): T {
  sql.run('BEGIN')
  let value: T
  try {
    value = run()
  } catch (error) {
    rollBack(sql)
    throw error
  }
  sql.run('COMMIT')
  return value
}
