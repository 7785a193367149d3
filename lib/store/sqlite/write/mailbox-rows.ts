import type { Sql } from '../../../engine/sqlite/connection/connection'
import { type Delta, nothing } from '../../counting'
import { gapsFrom, logStart } from '../../gaps'
import { LOG_LENGTH, TRIM_EVERY } from '../../limits'
import type { AccountRecord, MailboxRecord } from '../../row-types'
import type { CreateOptions } from '../../store'
import { uidsText } from '../rows'

/** Rows of mailboxes, inside a transaction. */

/** What an account gave out so far, and its sums. */
export type State = Omit<AccountRecord, 'name' | 'attributes'>

export const stateOf = (sql: Sql, account: number): State | undefined =>
  sql.get<State>('SELECT * FROM states WHERE account = ?', account)

const BOX = `SELECT account, mailbox, name, uid_validity, uid_next, mod_seq, gaps, special_use, messages, unseen, deleted,
  size, recent_from FROM mailboxes WHERE account = ?`
const BY_NUMBER = `${BOX} AND mailbox = ?`
const BY_NAME = `${BOX} AND name = ?`
type BoxColumns = readonly [
  account: number,
  mailbox: number,
  name: string,
  uid_validity: number,
  uid_next: number,
  mod_seq: number,
  gaps: string,
  special_use: string,
  messages: number,
  unseen: number,
  deleted: number,
  size: number,
  recent_from: number,
]
/** An object of our own: those of rows are slow to make, and to copy. */
function boxFrom(columns: BoxColumns): MailboxRecord {
  const [account, mailbox, name, uid_validity, uid_next, mod_seq, gaps, special_use, ...counters] = columns
  const [messages, unseen, deleted, size, recent_from] = counters
  const numbers = { messages, unseen, deleted, size, recent_from }
  return { account, mailbox, name, uid_validity, uid_next, mod_seq, gaps, special_use, ...numbers }
}

export function boxOf(sql: Sql, account: number, mailbox: number): MailboxRecord | undefined {
  const [columns] = sql.columns<BoxColumns>(BY_NUMBER, account, mailbox)
  return columns && boxFrom(columns)
}

export function boxNamed(sql: Sql, account: number, name: string): MailboxRecord | undefined {
  const [columns] = sql.columns<BoxColumns>(BY_NAME, account, name)
  return columns && boxFrom(columns)
}

export function subscribe(sql: Sql, account: number, name: string): void {
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
  const text = "INSERT INTO mailboxes VALUES (?, ?, ?, ?, ?, 1, '', ?, 0, 0, 0, 0, ?) RETURNING *"
  const made = sql.get<MailboxRecord>(text, account, mailbox, name, validity, next, uses, next)
  if (!made) throw new Error('a mailbox was not made')
  if (options.subscribed) subscribe(sql, account, name)
  return made
}

/** What a commit does to a mailbox. */
export interface BoxChange {
  readonly delta?: Delta
  readonly uidNext?: number
  readonly added?: readonly number[]
  readonly expunged?: readonly number[]
  readonly flagged?: readonly number[]
}

/** What a commit did to a mailbox, for the change that others hear of. */
export interface Committed {
  readonly mailbox: number
  readonly after: number
  readonly modSeq: number
}

/** Writes the mailbox's counters and its log. @returns the mailbox as it is now */
export function commitBox(sql: Sql, box: MailboxRecord, change: BoxChange): MailboxRecord {
  const { delta = nothing(), added = [], expunged = [], flagged = [] } = change
  const now: MailboxRecord = {
    ...box,
    mod_seq: box.mod_seq + 1,
    uid_next: change.uidNext ?? box.uid_next,
    messages: box.messages + delta.messages,
    unseen: box.unseen + delta.unseen,
    deleted: box.deleted + delta.deleted,
    size: box.size + delta.size,
  }
  const { account, mailbox, mod_seq } = now
  sql.run(
    'UPDATE mailboxes SET mod_seq = ?, uid_next = ?, messages = ?, unseen = ?, deleted = ?, size = ? WHERE account = ? AND mailbox = ?',
    ...[mod_seq, now.uid_next, now.messages, now.unseen, now.deleted, now.size, account, mailbox],
  )
  sql.run(
    'INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)',
    ...[account, mailbox, mod_seq, uidsText(added), uidsText(expunged), uidsText(flagged)],
  )
  if (mod_seq % TRIM_EVERY === 0 && mod_seq > LOG_LENGTH) {
    const text = 'DELETE FROM changes WHERE account = ? AND mailbox = ? AND mod_seq < ?'
    sql.run(text, account, mailbox, logStart(gapsFrom(box.gaps), mod_seq))
  }
  return now
}

export const committed = (before: MailboxRecord, { mailbox, mod_seq }: MailboxRecord): Committed => ({
  mailbox,
  after: before.mod_seq,
  modSeq: mod_seq,
})

/** @param messages numbers that were given to new messages */
export function addUsage(sql: Sql, account: number, { used, messages }: Delta, given = 0): void {
  if (used === 0 && messages === 0 && given === 0) return
  const sums = 'used_bytes = used_bytes + ?, used_messages = used_messages + ?'
  const text = `UPDATE states SET last_message = last_message + ?, ${sums} WHERE account = ?`
  sql.run(text, given, used, messages, account)
}
