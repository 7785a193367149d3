import type { Sql } from '../../../engine/sqlite/connection/connection'
import { leapStatements } from '../../gaps'
import { MAX_UID } from '../../limits'

/** Numbers of each kind that others may have seen before a power cut, in what was committed and not on the disk yet. */
const SEEN = 65_536
const UIDS = `, uid_next = min(uid_next + ${SEEN}, ${MAX_UID - 1})`
const NUMBERS = `UPDATE states SET last_mailbox = last_mailbox + ${SEEN}, last_message = last_message + ${SEEN},
  last_uid_validity = last_uid_validity + ${SEEN}`

/** Who may have written what a power cut takes back: lib/store/sqlite/unflushed.ts. */
export const unflushedOperations = (sql: Sql) => {
  const forget = (processes: readonly string[]): number =>
    processes.reduce((gone, process) => gone + sql.run('DELETE FROM unflushed WHERE process = ?', process), 0)
  return {
    /** @param over whose writes are on the disk with this one: they run no more */
    markUnflushed(process: string, over: readonly string[]): void {
      forget(over)
      sql.run('INSERT OR REPLACE INTO unflushed VALUES (?)', process)
    },

    unmarkUnflushed(processes: readonly string[]): void {
      forget(processes)
    },

    /** No number is given again that somebody may have seen, unless another process was first. @returns how many mailboxes leapt */
    leap(lost: readonly string[]): number | undefined {
      if (forget(lost) === 0) return undefined
      sql.run(NUMBERS)
      let count = 0
      for (const text of leapStatements('', UIDS)) count = sql.run(text)
      return count
    },
  }
}
