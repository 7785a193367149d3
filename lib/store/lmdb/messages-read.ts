import type { PreparedMessage } from '../../mime/prepared'
import type { FlagSet } from '../../terms/flags'
import type { AccountId, EmailId, MailboxId, ThreadId } from '../../terms/names'
import { type ModSeq, modSeq, type Uid, uid } from '../../terms/numbers'
import { turn } from '../../work/turns'
import type { Change, IndexRow, MailboxChange } from '../change'
import { gapsFrom, leaptSince } from '../gaps'
import { accountNumber, mailboxNumber, makeEmailId, makeThreadId, uidlOf } from '../ids'
import { decodePrepared } from '../prepared-codec'
import type { KeyRow, Mailbox, MaildropRow, MessageRow, Snapshot } from '../store'
import { logKey, mailboxKey, messageKey } from './keys'
import { entriesOf, everyEntry, numbersOf } from './mailbox-records'
import { mailboxOf } from './messages-write'
import { indexRow, type Row } from './row'
import type { Head, LogEntry, Tables } from './tables'

const BATCH = 200
/** of what is kept beside the messages of a batch: that of 10,000 parts is megabytes */
const MOST_OCTETS = 1024 * 1024

/** Rows of a snapshot between two looks at the clock. */
const ROWS_AT_ONCE = 500

/** One moment of a mailbox; `mailbox` tells what does not change. */
export async function snapshot(tables: Tables, id: AccountId, mailbox: Mailbox): Promise<Snapshot> {
  tables.fresh()
  const transaction = tables.root.useReadTransaction()
  try {
    const account = accountNumber(id)
    const number = mailboxNumber(account, mailbox.id)
    const record = tables.mailboxes.get(mailboxKey(account, number), { transaction })
    const count = record?.messages ?? 0
    const columns = {
      uids: new Uint32Array(count),
      sizes: new Uint32Array(count),
      modSeqs: new Float64Array(count),
      internalDates: new Float64Array(count),
      flags: new Uint32Array(count),
    }
    const flagSets: FlagSet[] = []
    const indexOf = new Map<FlagSet, number>()
    let at = 0
    for (const { uid: one, row } of record ? everyEntry(tables, account, number, transaction) : []) {
      columns.uids[at] = one
      columns.sizes[at] = row.size
      columns.modSeqs[at] = row.modSeq
      columns.internalDates[at] = row.internalDate
      let flags = indexOf.get(row.flags)
      if (flags === undefined) {
        flags = flagSets.push(row.flags) - 1
        indexOf.set(row.flags, flags)
      }
      columns.flags[at++] = flags
      if (at % ROWS_AT_ONCE === 0) await turn()
    }
    return { mailbox: { ...mailbox, ...(record && numbersOf(record)) }, flagSets, ...columns }
  } finally {
    transaction.done()
  }
}

/** Of one moment, of messages above a UID. */
export async function maildrop(tables: Tables, id: AccountId, mailbox: MailboxId, above = 0): Promise<MaildropRow[]> {
  tables.fresh()
  const found = mailboxOf(tables, id, mailbox)
  if (!found) return []
  const { account, number, record } = found
  const transaction = tables.root.useReadTransaction()
  try {
    const rows: MaildropRow[] = []
    for (const { uid: one, row } of everyEntry(tables, account, number, transaction, above)) {
      const uidl = uidlOf(record.uidValidity, one, row.uidl)
      if (rows.push({ uidl, added: row.added }) % ROWS_AT_ONCE === 0) await turn()
    }
    return rows
  } finally {
    transaction.done()
  }
}

/** Log entries after `since`, or undefined when the log no longer reaches back. */
function logSince(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  since: ModSeq,
): { now: number; entries: LogEntry[] } | undefined {
  const found = mailboxOf(tables, id, mailbox)
  if (!found) return undefined
  const { account, number, record } = found
  if (since > record.modSeq || leaptSince(gapsFrom(record.gaps), since)) return undefined
  const range = { start: logKey(account, number, since + 1), end: logKey(account, number, record.modSeq + 1) }
  const entries = [...tables.log.getRange(range)].map(({ value }) => value)
  return entries.length === record.modSeq - since ? { now: record.modSeq, entries } : undefined
}

export function changesSince(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  since: ModSeq,
): MailboxChange | undefined {
  const log = logSince(tables, id, mailbox, since)
  const found = mailboxOf(tables, id, mailbox)
  if (!log || !found) return undefined
  const added = new Set<number>()
  const flagged = new Set<number>()
  const expunged = new Set<number>()
  for (const entry of log.entries) {
    for (const one of entry.a ?? []) added.add(one)
    for (const one of entry.f ?? []) if (!added.has(one)) flagged.add(one)
    for (const one of entry.x ?? []) {
      flagged.delete(one)
      // Added and gone again in between: nobody needs to hear of it.
      if (!added.delete(one)) expunged.add(one)
    }
  }
  const rowsOf = (uids: ReadonlySet<number>): IndexRow[] =>
    entriesOf(tables, found.account, found.number, [...uids].sort((a, b) => a - b).map(uid)).map((entry) =>
      indexRow(entry.uid, entry.row),
    )
  const changes: Change[] = []
  if (added.size > 0) changes.push({ kind: 'added', rows: rowsOf(added) })
  if (flagged.size > 0) changes.push({ kind: 'flags', rows: rowsOf(flagged) })
  if (expunged.size > 0) changes.push({ kind: 'expunged', uids: [...expunged].sort((a, b) => a - b).map(uid) })
  return { account: id, mailbox, after: since, modSeq: modSeq(log.now), changes }
}

export function expungedSince(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  since: ModSeq,
): readonly Uid[] | undefined {
  const log = logSince(tables, id, mailbox, since)
  return log && [...new Set(log.entries.flatMap((entry) => entry.x ?? []))].sort((a, b) => a - b).map(uid)
}

function headOf({ heads }: Tables, account: number, message: number): Head {
  const head = heads.get(messageKey(account, message))
  if (head) return head
  throw new Error('a message without its head')
}

/** A class, not an object of getters: those of a literal are made anew for each message. */
class StoredMessage implements MessageRow {
  readonly flags: FlagSet
  readonly modSeq: ModSeq
  readonly size: number
  readonly internalDate: number
  readonly saveDate: number
  readonly prepared: PreparedMessage

  constructor(
    readonly tables: Tables,
    readonly mailbox: { readonly account: number; readonly uidValidity: number },
    readonly uid: Uid,
    readonly row: Row,
    prepared: Buffer,
  ) {
    this.flags = row.flags
    this.modSeq = modSeq(row.modSeq)
    this.size = row.size
    this.internalDate = row.internalDate
    this.saveDate = row.saveDate
    this.prepared = decodePrepared(prepared, () => headOf(tables, mailbox.account, row.message).keys)
  }
  get emailId(): EmailId {
    return makeEmailId(this.mailbox.account, this.row.message)
  }
  get threadId(): ThreadId {
    const { account } = this.mailbox
    // Read when it is asked for; by then the message may be gone, and is a thread of its own.
    const head = this.tables.heads.get(messageKey(account, this.row.message))
    return makeThreadId(account, head?.thread ?? this.row.message)
  }
  get uidl(): string {
    return uidlOf(this.mailbox.uidValidity, this.uid, this.row.uidl)
  }
}

export async function* rows(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): AsyncGenerator<readonly MessageRow[]> {
  const account = accountNumber(id)
  const number = mailboxNumber(account, mailbox)
  for (let start = 0; start < uids.length; start += BATCH) {
    const uidValidity = tables.mailbox(account, number)?.uidValidity
    if (uidValidity === undefined) return
    let batch: MessageRow[] = []
    let octets = 0
    for (const entry of entriesOf(tables, account, number, uids.slice(start, start + BATCH))) {
      const prepared = tables.prepared.get(messageKey(account, entry.row.message))
      if (!prepared) continue
      batch.push(new StoredMessage(tables, { account, uidValidity }, entry.uid, entry.row, prepared))
      octets += prepared.length
      if (octets < MOST_OCTETS) continue
      yield batch
      batch = []
      octets = 0
      await turn()
    }
    if (batch.length > 0) yield batch
    // Reads do not wait for anything: without this, nobody else would have a turn before the end of a big mailbox.
    if (start + BATCH < uids.length) await turn()
  }
}

export async function* keys(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): AsyncGenerator<readonly KeyRow[]> {
  const account = accountNumber(id)
  const number = mailboxNumber(account, mailbox)
  for (let start = 0; start < uids.length; start += BATCH) {
    const batch = entriesOf(tables, account, number, uids.slice(start, start + BATCH)).map(({ uid: one, row }) => {
      const head = headOf(tables, account, row.message)
      return {
        uid: one,
        emailId: makeEmailId(account, row.message),
        threadId: makeThreadId(account, head.thread),
        internalDate: row.internalDate,
        saveDate: row.saveDate,
        size: row.size,
        keys: head.keys,
      }
    })
    if (batch.length > 0) yield batch
    if (start + BATCH < uids.length) await turn()
  }
}
