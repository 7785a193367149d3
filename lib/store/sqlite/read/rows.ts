import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { PreparedMessage } from '../../../mime/prepared'
import type { FlagSet } from '../../../terms/flags'
import type { AccountId, EmailId, MailboxId, ThreadId } from '../../../terms/names'
import { type ModSeq, modSeq, type Uid, uid } from '../../../terms/numbers'
import { uidlOf } from '../../../terms/uidl'
import { turn } from '../../../work/turns'
import { makeEmailId, makeThreadId } from '../../ids'
import { decodePrepared } from '../../prepared-codec'
import { flagsFrom, keysFrom } from '../../row-types'
import type { KeyRow, MessageRow } from '../../store'
import { messageKey } from '../rows'
import { bufferOf } from './body'
import { type MailboxKey, mailboxKeyOf, uidValidityAt } from './mailboxes'

const BATCH = 200
/** of what is kept beside the messages of a batch: that of 10,000 parts is megabytes */
const MOST_OCTETS = 1024 * 1024
/** octets of what is prepared of a message, beyond which it is read by itself */
const LARGE = 16 * 1024

const JOINED =
  'FROM entries e JOIN messages m ON m.id = (e.account << 32) + e.message WHERE e.account = ? AND e.mailbox = ?'
const AMONG = 'AND e.uid IN (SELECT value FROM json_each(?)) ORDER BY e.uid'
type Columns = readonly [
  uid: number,
  message: number,
  flags: string,
  mod_seq: number,
  size: number,
  internal_date: number,
  save_date: number,
  uidl: string,
  thread: number,
  keys: string,
  prepared: Uint8Array | null,
]
const EVERY = `SELECT e.uid, e.message, e.flags, e.mod_seq, e.size, e.internal_date, e.save_date, e.uidl, m.thread, m.keys,
  CASE WHEN length(m.prepared) <= ${LARGE} THEN m.prepared END ${JOINED}`
const ROWS = `${EVERY} ${AMONG}`
const ROW = `${EVERY} AND e.uid = ?`
const PREPARED = 'SELECT prepared FROM messages WHERE id = ?'

/** A class, not an object of getters: those of a literal are made anew for each message. */
class StoredMessage implements MessageRow {
  readonly uid: Uid
  readonly flags: FlagSet
  readonly modSeq: ModSeq
  readonly size: number
  readonly internalDate: number
  readonly saveDate: number
  readonly prepared: PreparedMessage

  constructor(
    readonly sql: Sql,
    readonly key: MailboxKey,
    readonly columns: Columns,
    prepared: Uint8Array,
  ) {
    const [one, , flags, mod_seq, size, internal_date, save_date, , , keys] = columns
    this.uid = uid(one)
    this.flags = flagsFrom(flags)
    this.modSeq = modSeq(mod_seq)
    this.size = size
    this.internalDate = internal_date
    this.saveDate = save_date
    this.prepared = decodePrepared(bufferOf(prepared), () => keysFrom(keys))
  }
  get emailId(): EmailId {
    return makeEmailId(this.key[0], this.columns[1])
  }
  get threadId(): ThreadId {
    return makeThreadId(this.key[0], this.columns[8])
  }
  get uidl(): string {
    const imported = this.columns[7]
    // Read when it is asked for.
    return imported || uidlOf(uidValidityAt(this.sql, this.key) ?? 0, this.uid, imported)
  }
}

/** Most clients ask for one. */
function columnsOf(sql: Sql, key: MailboxKey, uids: readonly Uid[]): Columns[] {
  const [only] = uids
  return only !== undefined && uids.length === 1
    ? sql.columns<Columns>(ROW, ...key, only)
    : sql.columns<Columns>(ROWS, ...key, JSON.stringify(uids))
}

export async function* rows(
  sql: Sql,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): AsyncGenerator<readonly MessageRow[]> {
  const key = mailboxKeyOf(id, mailbox)
  const [account] = key
  for (let start = 0; start < uids.length; start += BATCH) {
    let batch: MessageRow[] = []
    let octets = 0
    for (const columns of columnsOf(sql, key, uids.slice(start, start + BATCH))) {
      const large = (): Uint8Array | undefined =>
        sql.get<{ prepared: Uint8Array }>(PREPARED, messageKey(account, columns[1]))?.prepared
      const prepared = columns[10] ?? large()
      // It went meanwhile.
      if (!prepared) continue
      batch.push(new StoredMessage(sql, key, columns, prepared))
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

type KeyColumns = readonly [
  uid: number,
  message: number,
  thread: number,
  internal_date: number,
  save_date: number,
  size: number,
  keys: string,
]
const KEYS = `SELECT e.uid, e.message, m.thread, e.internal_date, e.save_date, e.size, m.keys ${JOINED} ${AMONG}`

export async function* keys(
  sql: Sql,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): AsyncGenerator<readonly KeyRow[]> {
  const key = mailboxKeyOf(id, mailbox)
  const [account] = key
  for (let start = 0; start < uids.length; start += BATCH) {
    const asked = JSON.stringify(uids.slice(start, start + BATCH))
    const found = sql.columns<KeyColumns>(KEYS, ...key, asked)
    const batch = found.map(([one, message, thread, internalDate, saveDate, size, text]) => ({
      uid: uid(one),
      emailId: makeEmailId(account, message),
      threadId: makeThreadId(account, thread),
      internalDate,
      saveDate,
      size,
      keys: keysFrom(text),
    }))
    if (batch.length > 0) yield batch
    if (start + BATCH < uids.length) await turn()
  }
}
