import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { Keeping } from '../../bin'
import { type BinKey, type BinRecord, binOctets, binOctetsOf, fitting, GIVE_WAY } from '../../bin-rows'
import type { Delta } from '../../counting'
import type { EntryRecord, MailboxRecord } from '../../row-types'
import { releaseEntries, releaseMessage, removeEntries } from './entry-rows'
import { stateOf } from './mailbox-rows'

/** Rows of the recycle bin, inside a transaction. */

export function putBinned(sql: Sql, account: number, row: BinRecord): void {
  const { mailbox, uid, name, message, flags, size, internal_date, added, removed_at, until } = row
  sql.run(
    'INSERT INTO binned VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[account, mailbox, uid, name, message, flags, size, internal_date, added, removed_at, until],
  )
}

function addBinned(sql: Sql, account: number, rows: readonly { readonly size: number }[], sign: 1 | -1): void {
  const bytes = rows.reduce((sum, { size }) => sum + size, 0)
  const sums = 'binned_bytes = binned_bytes + ?, binned_messages = binned_messages + ?'
  sql.run(`UPDATE states SET ${sums} WHERE account = ?`, sign * bytes, sign * rows.length, account)
}

/** What a row of the bin has to be known by when it goes. */
export type Leaving = BinKey & Pick<BinRecord, 'message' | 'size'>
export const LEAVING = 'mailbox, uid, message, size'

/** Takes rows out of the bin; the messages stay. */
export function takeOut(sql: Sql, account: number, rows: readonly Leaving[]): void {
  const text = 'DELETE FROM binned WHERE account = ? AND mailbox = ? AND uid = ?'
  for (const { mailbox, uid } of rows) sql.run(text, account, mailbox, uid)
  addBinned(sql, account, rows, -1)
}

/** Takes rows out of the bin, and messages that are nowhere else. @returns the messages that went */
export function eraseRows(sql: Sql, account: number, rows: readonly Leaving[]): number[] {
  takeOut(sql, account, rows)
  return rows.flatMap((row) => (releaseMessage(sql, account, row) ? [row.message] : []))
}

/** The oldest give way. @returns whether there is room for so many octets now */
function makeRoom(sql: Sql, account: number, octets: number, most: number): boolean {
  const state = stateOf(sql, account)
  const has = binOctets({ bytes: state?.binned_bytes ?? 0, messages: state?.binned_messages ?? 0 })
  let over = has + octets - most
  if (over <= 0) return true
  const text = `SELECT ${LEAVING} FROM binned WHERE account = ? ORDER BY removed_at, mailbox, uid LIMIT ${GIVE_WAY}`
  const leaving: Leaving[] = []
  for (const row of sql.all<Leaving>(text, account)) {
    if (over <= 0) break
    leaving.push(row)
    over -= binOctetsOf([row])
  }
  eraseRows(sql, account, leaving)
  return over <= 0
}

/** Takes entries out of a mailbox and puts them into the bin, those that it has no room for nowhere. */
export function binEntries(
  sql: Sql,
  box: MailboxRecord,
  entries: readonly EntryRecord[],
  { time, octets }: Keeping,
  now: number,
): Delta {
  const { account, mailbox, name } = box
  const [fit, others] = fitting(entries, octets)
  if (!makeRoom(sql, account, binOctetsOf(fit), octets)) return releaseEntries(sql, box, entries)
  const delta = removeEntries(sql, box, entries)
  for (const entry of others) releaseMessage(sql, account, entry)
  const times = { removed_at: now, until: now + time }
  for (const { uid, message, flags, size, internal_date, added } of fit) {
    putBinned(sql, account, { mailbox, uid, name, message, flags, size, internal_date, added, ...times })
  }
  addBinned(sql, account, fit, 1)
  return delta
}
