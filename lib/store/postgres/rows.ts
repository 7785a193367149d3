import type { QueryResultRow } from 'pg'
import type { BinRecord } from '../bin-rows'
import { RECORD_KINDS } from '../records/records'
import type { MailboxRecord } from '../row-types'
import type { MessageTransfer, TransferRow } from '../transfer'
import { binnedTransfer, entryTransfer, mailboxTransfer, type OwnEntry } from '../transfer-rows'
import type { Session } from './database'
import { type OwnedRow, putRecords, toRecord } from './records'

/** The tables of an account as rows that every driver has alike. */

const PAGE = 1000

/** One statement: of the store, or of a transaction. */
export type Read = Session['query']

export type Of<K extends TransferRow['kind']> = Extract<TransferRow, { kind: K }>
export const only = <K extends TransferRow['kind']>(rows: readonly TransferRow[], kind: K): Of<K>[] =>
  rows.filter((row): row is Of<K> => row.kind === kind)

/** One statement for all rows: a column is an array, turned into rows by `unnest`. */
export async function insert(
  { query }: Session,
  account: number,
  table: string,
  columns: readonly (readonly [name: string, type: string, values: readonly unknown[]])[],
): Promise<void> {
  if (columns[0]?.[2].length === 0) return
  const names = columns.map(([name]) => name)
  const arrays = columns.map(([, type], at) => `$${at + 2}::${type === 'bigint[]' ? 'text' : type}[]`)
  const values = columns.map(([name, type]) => (type === 'bigint[]' ? `${name}::bigint[]` : name))
  await query(
    `INSERT INTO mailbox.${table} (account, ${names.join(', ')})
     SELECT $1, ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS t(${names.join(', ')})`,
    [account, ...columns.map(([, , list]) => list)],
  )
}

const array = (numbers: readonly number[]): string => `{${numbers.join(',')}}`

export async function putIndex(session: Session, account: number, rows: readonly TransferRow[]): Promise<void> {
  const boxes = only(rows, 'mailbox')
  await insert(session, account, 'mailboxes', [
    ['mailbox', 'bigint', boxes.map((row) => row.mailbox)],
    ['name', 'text', boxes.map((row) => row.name)],
    ['uid_validity', 'bigint', boxes.map((row) => row.uidValidity)],
    ['uid_next', 'bigint', boxes.map((row) => row.uidNext)],
    ['mod_seq', 'bigint', boxes.map((row) => row.modSeq)],
    ['gaps', 'text', boxes.map((row) => row.gaps)],
    ['special_use', 'text', boxes.map((row) => row.specialUse.join(' '))],
    ['messages', 'bigint', boxes.map((row) => row.messages)],
    ['unseen', 'bigint', boxes.map((row) => row.unseen)],
    ['deleted', 'bigint', boxes.map((row) => row.deleted)],
    ['size', 'bigint', boxes.map((row) => row.size)],
    ['recent_from', 'bigint', boxes.map((row) => row.recentFrom)],
  ])
  const entries = only(rows, 'entry')
  await insert(session, account, 'entries', [
    ['mailbox', 'bigint', entries.map((row) => row.mailbox)],
    ['uid', 'bigint', entries.map((row) => row.uid)],
    ['message', 'bigint', entries.map((row) => row.message)],
    ['flags', 'text', entries.map((row) => row.flags.join(' '))],
    ['mod_seq', 'bigint', entries.map((row) => row.modSeq)],
    ['size', 'bigint', entries.map((row) => row.size)],
    ['internal_date', 'float8', entries.map((row) => row.internalDate)],
    ['save_date', 'float8', entries.map((row) => row.saveDate)],
    ['uidl', 'text', entries.map((row) => row.uidl)],
    ['added', 'bigint', entries.map((row) => row.added)],
  ])
  const threads = only(rows, 'thread')
  await insert(session, account, 'threads', [
    ['message_id', 'bytea', threads.map((row) => Buffer.from(row.messageId, 'hex'))],
    ['thread', 'bigint', threads.map((row) => row.thread)],
  ])
  for (const kind of RECORD_KINDS) {
    const records = only(rows, 'record').filter((row) => row.record === kind)
    await putRecords(session, account, kind, records)
  }
  const binned = only(rows, 'binned')
  await insert(session, account, 'binned', [
    ['mailbox', 'bigint', binned.map((row) => row.mailbox)],
    ['uid', 'bigint', binned.map((row) => row.uid)],
    ['name', 'text', binned.map((row) => row.name)],
    ['message', 'bigint', binned.map((row) => row.message)],
    ['flags', 'text', binned.map((row) => row.flags.join(' '))],
    ['size', 'bigint', binned.map((row) => row.size)],
    ['internal_date', 'float8', binned.map((row) => row.internalDate)],
    ['added', 'bigint', binned.map((row) => row.added)],
    ['removed_at', 'bigint', binned.map((row) => row.removedAt)],
    ['until', 'bigint', binned.map((row) => row.until)],
  ])
  const changes = only(rows, 'change')
  await insert(session, account, 'changes', [
    ['mailbox', 'bigint', changes.map((row) => row.mailbox)],
    ['mod_seq', 'bigint', changes.map((row) => row.modSeq)],
    ['added', 'bigint[]', changes.map((row) => array(row.added))],
    ['expunged', 'bigint[]', changes.map((row) => array(row.expunged))],
    ['flagged', 'bigint[]', changes.map((row) => array(row.flagged))],
  ])
}

/** All rows that `text` gives behind the last one's key ($2, $3). */
export async function* pages<R extends QueryResultRow>(
  read: Read,
  text: string,
  account: number,
  key: (row: R) => readonly unknown[],
  first: readonly unknown[],
  size = PAGE,
): AsyncGenerator<R> {
  for (let last = first; ; ) {
    const page = await read<R>(`${text} LIMIT ${size}`, [account, ...last])
    yield* page
    const end = page.at(-1)
    if (page.length < size || !end) return
    last = key(end)
  }
}

/** All but messages. */
export async function* indexRows(read: Read, account: number): AsyncGenerator<Exclude<TransferRow, MessageTransfer>> {
  const boxes = 'SELECT * FROM mailbox.mailboxes WHERE account = $1 AND mailbox > $2 ORDER BY mailbox'
  for await (const row of pages<MailboxRecord>(read, boxes, account, (one) => [one.mailbox], [0])) {
    yield mailboxTransfer(row)
  }
  const entries = `SELECT * FROM mailbox.entries WHERE account = $1 AND (mailbox, uid) > ($2, $3) ORDER BY mailbox, uid`
  for await (const row of pages<OwnEntry>(read, entries, account, (one) => [one.mailbox, one.uid], [0, 0])) {
    yield entryTransfer(row)
  }
  const threads = `SELECT encode(message_id, 'hex') AS id, thread FROM mailbox.threads
    WHERE account = $1 AND message_id > decode($2, 'hex') ORDER BY message_id`
  for await (const row of pages<{ id: string; thread: number }>(read, threads, account, (one) => [one.id], [''])) {
    yield { kind: 'thread', messageId: row.id, thread: row.thread }
  }
  type Log = { mailbox: number; mod_seq: number; added: number[]; expunged: number[]; flagged: number[] }
  const changes = `SELECT * FROM mailbox.changes WHERE account = $1 AND (mailbox, mod_seq) > ($2, $3) ORDER BY mailbox, mod_seq`
  for await (const row of pages<Log>(read, changes, account, (one) => [one.mailbox, one.mod_seq], [0, 0])) {
    const { mailbox, mod_seq: modSeq, added, expunged, flagged } = row
    yield { kind: 'change', mailbox, modSeq, added, expunged, flagged }
  }
  const records = 'SELECT * FROM mailbox.records WHERE account = $1 AND (kind, key) > ($2, $3) ORDER BY kind, key'
  for await (const row of pages<OwnedRow>(read, records, account, (one) => [one.kind, one.key], ['', ''])) {
    yield { kind: 'record', record: row.kind, ...toRecord(row) }
  }
  const binned = 'SELECT * FROM mailbox.binned WHERE account = $1 AND (mailbox, uid) > ($2, $3) ORDER BY mailbox, uid'
  for await (const row of pages<BinRecord & QueryResultRow>(
    read,
    binned,
    account,
    (one) => [one.mailbox, one.uid],
    [0, 0],
  )) {
    yield binnedTransfer(row)
  }
}
