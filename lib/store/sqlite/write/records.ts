import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { RecordKind } from '../../records/records'
import type { AccountText } from './accounts'
import { putRecord, type RecordRow, removeExpired } from './record-rows'

/** What a change of records was decided on. */
export interface RecordsRead {
  readonly account: number
  readonly owner: AccountText
  readonly kind: RecordKind
  /** which of this kind were looked for */
  readonly keys: readonly string[] | 'all'
  /** those that were there, in order of their keys */
  readonly found: readonly RecordRow[]
}

export interface RecordsWritten {
  readonly put: readonly RecordRow[]
  readonly remove: readonly string[]
  readonly expired: number | undefined
  /** of the account from now on */
  readonly attributes: string | undefined
}

const ALL = 'SELECT key, value, until FROM records WHERE account = ? AND kind = ? ORDER BY key'
const ONE = 'SELECT key, value, until FROM records WHERE account = ? AND kind = ? AND key = ?'

/** Here and where a change is decided. */
export const recordsOf = (sql: Sql, account: number, kind: RecordKind, keys: readonly string[] | 'all'): RecordRow[] =>
  keys === 'all'
    ? sql.all<RecordRow>(ALL, account, kind)
    : keys.flatMap((key) => sql.all<RecordRow>(ONE, account, kind, key))

const isSame = (one: RecordRow, other: RecordRow | undefined): boolean =>
  one.key === other?.key && one.until === other.until && Buffer.compare(one.value, other.value) === 0

export const recordOperations = (sql: Sql) => ({
  /** @returns false: what was read is not there any more, and nothing was written */
  swapRecords(read: RecordsRead, written: RecordsWritten): boolean {
    const { account, owner, kind } = read
    const now = sql.get<AccountText>('SELECT name, attributes FROM accounts WHERE account = ?', account)
    if (now?.name !== owner.name || now.attributes !== owner.attributes) return false
    const found = recordsOf(sql, account, kind, read.keys)
    if (found.length !== read.found.length || !found.every((row, at) => isSame(row, read.found[at]))) return false
    for (const row of written.put) putRecord(sql, account, kind, row)
    for (const key of written.remove) {
      sql.run('DELETE FROM records WHERE account = ? AND kind = ? AND key = ?', account, kind, key)
    }
    if (written.expired !== undefined) removeExpired(sql, account, kind, written.expired)
    if (written.attributes !== undefined) {
      sql.run('UPDATE accounts SET attributes = ? WHERE account = ?', written.attributes, account)
    }
    return true
  },
})
