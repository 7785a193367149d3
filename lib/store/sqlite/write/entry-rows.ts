import type { Sql } from '../../../engine/sqlite/connection/connection'
import { type Delta, nothing, weigh } from '../../counting'
import { type EntryRecord, flagsFrom, type MailboxRecord } from '../../row-types'
import { messageKey } from '../rows'
import { entriesOfMessage, removeMessage, setEntries } from './message-rows'

/** Rows of messages in mailboxes, inside a transaction. */

type Place = Pick<MailboxRecord, 'account' | 'mailbox'>

export function putEntry(sql: Sql, { account, mailbox }: Place, entry: EntryRecord): void {
  const { uid, message, flags, mod_seq, size, internal_date, save_date, uidl, added } = entry
  sql.run(
    'INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[account, mailbox, uid, message, flags, mod_seq, size, internal_date, save_date, uidl, added],
  )
}

/** First and last UID of each run of neighbours, ascending. */
function runsOf(uids: readonly number[]): [from: number, to: number][] {
  const [only] = uids
  if (only !== undefined && uids.length === 1) return [[only, only]]
  const runs: [number, number][] = []
  for (const uid of Uint32Array.from(uids).sort()) {
    const last = runs.at(-1)
    if (last && uid <= last[1] + 1) last[1] = uid
    else runs.push([uid, uid])
  }
  return runs
}

const ENTRIES = `SELECT uid, message, flags, mod_seq, size, internal_date, save_date, uidl, added FROM entries
  WHERE account = ? AND mailbox = ? AND uid BETWEEN ? AND ?`
type EntryColumns = readonly [
  uid: number,
  message: number,
  flags: string,
  mod_seq: number,
  size: number,
  internal_date: number,
  save_date: number,
  uidl: string,
  added: number,
]
const entryFrom = (columns: EntryColumns): EntryRecord => {
  const [uid, message, flags, mod_seq, size, internal_date, save_date, uidl, added] = columns
  return { uid, message, flags, mod_seq, size, internal_date, save_date, uidl, added }
}

/** Those of `uids` that exist, ascending. */
export const entriesOf = (sql: Sql, { account, mailbox }: Place, uids: readonly number[]): EntryRecord[] =>
  runsOf(uids).flatMap(([from, to]) => sql.columns<EntryColumns>(ENTRIES, account, mailbox, from, to).map(entryFrom))

export const everyEntry = (sql: Sql, { account, mailbox }: MailboxRecord, most: number): EntryRecord[] =>
  sql.columns<EntryColumns>(`${ENTRIES} ORDER BY uid LIMIT ?`, account, mailbox, 0, 0xffff_ffff, most).map(entryFrom)

/** Takes entries out of a mailbox; the messages stay. */
export function removeEntries(sql: Sql, box: MailboxRecord, entries: readonly EntryRecord[]): Delta {
  const delta = nothing()
  for (const { flags, size } of entries) weigh(delta, flagsFrom(flags), size, -1)
  const text = 'DELETE FROM entries WHERE account = ? AND mailbox = ? AND uid BETWEEN ? AND ?'
  for (const [from, to] of runsOf(entries.map(({ uid }) => uid))) sql.run(text, box.account, box.mailbox, from, to)
  return delta
}

/** A message goes with its last entry. @returns whether it went */
export function releaseMessage(
  sql: Sql,
  account: number,
  { message, size }: Pick<EntryRecord, 'message' | 'size'>,
): boolean {
  const id = messageKey(account, message)
  const entries = entriesOfMessage(sql, id)
  if (entries > 1) {
    setEntries(sql, id, entries - 1)
    return false
  }
  const named = removeMessage(sql, id, size)
  if (named) sql.run('DELETE FROM threads WHERE account = ? AND message_id = ?', account, named)
  return true
}

/** Takes entries out of a mailbox, and messages that are in no other. */
export function releaseEntries(sql: Sql, box: MailboxRecord, entries: readonly EntryRecord[]): Delta {
  const delta = removeEntries(sql, box, entries)
  for (const entry of entries) releaseMessage(sql, box.account, entry)
  return delta
}
