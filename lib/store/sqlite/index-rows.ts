import type { Sql, Value } from '../../engine/sqlite/connection/connection'
import { turn } from '../../work/turns'
import type { BinRecord } from '../bin-rows'
import type { RecordKind } from '../records/records'
import type { MailboxRecord } from '../row-types'
import type { MessageTransfer, TransferAccount, TransferRow } from '../transfer'
import { accountTransfer, binnedTransfer, entryTransfer, mailboxTransfer, type OwnEntry } from '../transfer-rows'
import { toRecord } from './records'
import { type OwnerRow, ownerOf, uidsFrom } from './rows'
import type { RecordRow } from './write/record-rows'

/** The tables of an account as rows that every driver has alike. */

const PAGE = 500

/** All rows that `text` gives behind the last one's key, in turns. */
export async function* pages<R>(
  sql: Sql,
  text: string,
  first: readonly Value[],
  key: (row: R) => readonly Value[],
  size = PAGE,
): AsyncGenerator<R> {
  for (let last = first; ; ) {
    const page = sql.all<R>(`${text} LIMIT ${size}`, ...last)
    yield* page
    const end = page.at(-1)
    if (page.length < size || !end) return
    last = key(end)
    await turn()
  }
}

const BOXES = 'SELECT * FROM mailboxes WHERE account = ? AND mailbox > ? ORDER BY mailbox'
const ENTRIES = 'SELECT * FROM entries WHERE account = ? AND (mailbox, uid) > (?, ?) ORDER BY mailbox, uid'
const THREADS = `SELECT lower(hex(message_id)) AS messageId, thread, message_id FROM threads
  WHERE account = ? AND message_id > coalesce(?, x'') ORDER BY message_id`
const CHANGES = 'SELECT * FROM changes WHERE account = ? AND (mailbox, mod_seq) > (?, ?) ORDER BY mailbox, mod_seq'
const RECORDS = 'SELECT * FROM records WHERE account = ? AND (kind, key) > (?, ?) ORDER BY kind, key'

const BINNED = 'SELECT * FROM binned WHERE account = ? AND (mailbox, uid) > (?, ?) ORDER BY mailbox, uid'

type ThreadRow = { readonly messageId: string; readonly thread: number; readonly message_id: Uint8Array }
type ChangeRow = Readonly<Record<'mailbox' | 'mod_seq', number> & Record<'added' | 'expunged' | 'flagged', string>>
type KindRow = RecordRow & { readonly kind: RecordKind }

/** All but messages. */
export async function* indexRows(sql: Sql, account: number): AsyncGenerator<Exclude<TransferRow, MessageTransfer>> {
  for await (const row of pages<MailboxRecord>(sql, BOXES, [account, 0], (one) => [account, one.mailbox])) {
    yield mailboxTransfer(row)
  }
  for await (const row of pages<OwnEntry>(sql, ENTRIES, [account, 0, 0], (one) => [account, one.mailbox, one.uid])) {
    yield entryTransfer(row)
  }
  const digest = (one: ThreadRow): Value[] => [account, one.message_id]
  for await (const { messageId, thread } of pages<ThreadRow>(sql, THREADS, [account, null], digest)) {
    yield { kind: 'thread', messageId, thread }
  }
  for await (const row of pages<ChangeRow>(sql, CHANGES, [account, 0, 0], (one) => [
    account,
    one.mailbox,
    one.mod_seq,
  ])) {
    const [added, expunged, flagged] = [row.added, row.expunged, row.flagged].map(uidsFrom)
    yield {
      kind: 'change',
      mailbox: row.mailbox,
      modSeq: row.mod_seq,
      added: added ?? [],
      expunged: expunged ?? [],
      flagged: flagged ?? [],
    }
  }
  for await (const row of pages<KindRow>(sql, RECORDS, [account, '', ''], (one) => [account, one.kind, one.key])) {
    yield { kind: 'record', record: row.kind, ...toRecord(row) }
  }
  for await (const row of pages<BinRecord>(sql, BINNED, [account, 0, 0], (one) => [account, one.mailbox, one.uid])) {
    yield binnedTransfer(row)
  }
}

/** An account whose numbers are lost has none. */
const ACCOUNTS = `SELECT a.account, name, attributes, coalesce(last_mailbox, 0) AS last_mailbox,
    coalesce(last_message, 0) AS last_message, coalesce(last_uid_validity, 0) AS last_uid_validity,
    coalesce(used_bytes, 0) AS used_bytes, coalesce(used_messages, 0) AS used_messages, coalesce(fence, 0) AS fence,
    coalesce(binned_bytes, 0) AS binned_bytes, coalesce(binned_messages, 0) AS binned_messages
  FROM accounts a LEFT JOIN states USING (account)`

const accountRow = (row: OwnerRow): TransferAccount => accountTransfer(ownerOf(row))

export const accountRows = (sql: Sql): TransferAccount[] =>
  sql.all<OwnerRow>(`${ACCOUNTS} ORDER BY a.account`).map(accountRow)

export function accountRowOf(sql: Sql, account: number): TransferAccount | undefined {
  const row = sql.get<OwnerRow>(`${ACCOUNTS} WHERE a.account = ?`, account)
  return row && accountRow(row)
}
