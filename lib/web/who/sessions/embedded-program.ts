import { defineProgram } from '../../../engine/sqlite/program'
import type { Credential } from '../sessions'

/** What the writer does with the file of web sessions. */

const SCHEMA = [
  `
CREATE TABLE credentials (
  key TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  attributes TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX credentials_account ON credentials (account, kind);
CREATE TABLE second_factors (account TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID`,
]

export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  /** @returns false: the account has as many of this kind as it may have */
  create(key: string, credential: Credential, most: number): boolean {
    const { id, account, kind } = credential
    const text = 'SELECT count(*) AS count FROM credentials WHERE account = ? AND kind = ?'
    if ((sql.get<{ count: number }>(text, account, kind)?.count ?? 0) >= most) return false
    sql.run('INSERT INTO credentials VALUES (?, ?, ?, ?, ?)', key, id, account, kind, JSON.stringify(credential))
    return true
  },

  update(id: string, patch: Partial<Credential>): void {
    const row = sql.get<{ attributes: string }>('SELECT attributes FROM credentials WHERE id = ?', id)
    if (!row) return
    const credential: Credential = JSON.parse(row.attributes)
    sql.run('UPDATE credentials SET attributes = ? WHERE id = ?', JSON.stringify({ ...credential, ...patch }), id)
  },

  remove: (id: string): boolean => sql.run('DELETE FROM credentials WHERE id = ?', id) > 0,

  /** @param before as it was read; undefined: there was none. @returns false: it is another one by now */
  changeSecondFactor(account: string, before: string | undefined, after: string): boolean {
    const row = sql.get<{ state: string }>('SELECT state FROM second_factors WHERE account = ?', account)
    if (row?.state !== before) return false
    sql.run('INSERT OR REPLACE INTO second_factors VALUES (?, ?)', account, after)
    return true
  },
}))
