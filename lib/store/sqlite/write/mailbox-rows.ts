import type { Sql } from '../../../engine/sqlite/connection'
import type { AccountRecord, MailboxRecord } from '../../row-types'
import type { CreateOptions } from '../../store'

/** Rows of mailboxes, inside a transaction. */

/** What an account gave out so far, and its sums. */
type State = Omit<AccountRecord, 'name' | 'attributes'>

const stateOf = (sql: Sql, account: number): State | undefined =>
  sql.get<State>('SELECT * FROM states WHERE account = ?', account)

function subscribe(sql: Sql, account: number, name: string): void {
  sql.run("INSERT OR IGNORE INTO records VALUES (?, 'subscription', ?, x'', NULL)", account, name)
}

export function addMailbox(sql: Sql, account: number, name: string, options: CreateOptions = {}): MailboxRecord {
  const state = stateOf(sql, account)
  if (!state) throw new Error('a mailbox needs an account')
  const validity = options.uidValidity ?? state.last_uid_validity + 1
  const mailbox = state.last_mailbox + 1
  const highest = Math.max(state.last_uid_validity, validity)
  sql.run('UPDATE states SET last_mailbox = ?, last_uid_validity = ? WHERE account = ?', mailbox, highest, account)
  const next = options.uidNext ?? 1
  const uses = (options.specialUse ?? []).join(' ')
  const text = 'INSERT INTO mailboxes VALUES (?, ?, ?, ?, ?, 1, ?, 0, 0, 0, 0, ?) RETURNING *'
  const made = sql.get<MailboxRecord>(text, account, mailbox, name, validity, next, uses, next)
  if (!made) throw new Error('a mailbox was not made')
  if (options.subscribed) subscribe(sql, account, name)
  return made
}
