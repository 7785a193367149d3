import type { Sql } from '../../../engine/sqlite/connection/connection'
import { REMOVED_AT_ONCE } from '../../limits'
import { messageRange } from '../rows'
import { noteAccountGone } from './gone'
import { addMailbox } from './mailbox-rows'
import { overwriting } from './overwriting'

/** An account as it stands in its row; attributes are JSON. */
export interface AccountText {
  readonly name: string
  readonly attributes: string
}

/** `changed`: what was read is not there any more */
export type Swapped = 'done' | 'changed' | 'taken' | 'gone'

/** Tables and their primary keys. */
const OWNED = [
  ['mailboxes', 'account, mailbox'],
  ['entries', 'account, mailbox, uid'],
  ['changes', 'account, mailbox, mod_seq'],
  ['threads', 'account, message_id'],
  ['records', 'account, kind, key'],
  ['binned', 'account, mailbox, uid'],
] as const
const CONTENT = [
  ['chunks', 'id, chunk'],
  ['copies', 'id'],
  ['messages', 'id'],
] as const

function removeSome(sql: Sql, account: number, keep: boolean): boolean {
  let left = REMOVED_AT_ONCE
  const [from, to] = messageRange(account)
  for (const [table, key] of OWNED) {
    const some = `SELECT ${key} FROM ${table} WHERE account = ? LIMIT ?`
    left -= sql.run(`DELETE FROM ${table} WHERE (${key}) IN (${some})`, account, left)
    if (left <= 0) return true
  }
  for (const [table, key] of keep ? [] : CONTENT) {
    const some = `SELECT ${key} FROM ${table} WHERE id >= ? AND id < ? LIMIT ?`
    left -= sql.run(`DELETE FROM ${table} WHERE (${key}) IN (${some})`, from, to, left)
    if (left <= 0) return true
  }
  if (!keep) noteAccountGone(sql, account)
  sql.run('DELETE FROM states WHERE account = ?', account)
  sql.run('DELETE FROM accounts WHERE account = ?', account)
  return false
}

export const accountOperations = (sql: Sql) => ({
  /** @returns its number; undefined: the name is taken */
  createAccount({ name, attributes }: AccountText, now: number): number | undefined {
    if (sql.get('SELECT 1 FROM accounts WHERE name = ?', name)) return undefined
    const made = sql.get<{ account: number }>(
      'INSERT INTO accounts (name, attributes) VALUES (?, ?) RETURNING account',
      name,
      attributes,
    )
    if (!made) throw new Error('an account was not made')
    sql.run('INSERT INTO states VALUES (?, 0, 0, ?, 0, 0, 0, 0, 0)', made.account, Math.floor(now / 1000))
    addMailbox(sql, made.account, 'INBOX', { subscribed: true })
    return made.account
  },

  /** Writes `after` where `before` still is. */
  swapAccount(account: number, before: AccountText, after: AccountText): Swapped {
    const now = sql.get<AccountText>('SELECT name, attributes FROM accounts WHERE account = ?', account)
    if (!now) return 'gone'
    if (now.name !== before.name || now.attributes !== before.attributes) return 'changed'
    if (after.name !== now.name && sql.get('SELECT 1 FROM accounts WHERE name = ?', after.name)) return 'taken'
    sql.run('UPDATE accounts SET name = ?, attributes = ? WHERE account = ?', after.name, after.attributes, account)
    return 'done'
  },

  /**
   * Removes some of what an account has, its mailboxes first and itself at last.
   * @param keep its messages stay
   * @param overwrite nothing of it is on the disk any more when it is written back
   * @returns whether it is to be called again
   */
  removeSome(account: number, keep = false, overwrite = false): boolean {
    return overwrite ? overwriting(sql, () => removeSome(sql, account, keep)) : removeSome(sql, account, keep)
  },
})
