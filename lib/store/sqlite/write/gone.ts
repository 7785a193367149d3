import type { Sql } from '../../../engine/sqlite/connection/connection'
import { messageKey, messageRange } from '../rows'

/** Notes, inside a transaction, that the text index is to lose a message. */
export const noteGone = (sql: Sql, id: number | bigint): void => {
  sql.run('INSERT OR IGNORE INTO gone VALUES (?)', id)
}

/** All of an account: it is removed, or its messages are other ones than the text index knows. */
export function noteAccountGone(sql: Sql, account: number): void {
  sql.run('DELETE FROM gone WHERE id >= ? AND id < ?', ...messageRange(account))
  noteGone(sql, messageKey(account, 0))
}

export const goneOperations = (sql: Sql) => ({
  noteAccountsGone(accounts: readonly number[]): void {
    for (const account of accounts) noteAccountGone(sql, account)
  },

  /** Nothing: all that was committed before is on the disk when this is. */
  settleGone(): void {},

  /** The text index has lost these. A message that was put in again is none of them. */
  clearGone(ids: readonly bigint[]): void {
    for (const id of ids) sql.run('DELETE FROM gone WHERE id = ?', id)
    sql.run('DELETE FROM gone WHERE id IN (SELECT id FROM messages)')
  },
})
