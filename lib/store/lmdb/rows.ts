import type { SearchKeys } from '../../mime/prepared'
import { flagSet } from '../../terms/flags'
import { SPECIAL_USES } from '../../terms/special-use'
import type { Account } from '../account'
import { makeAccountId } from '../ids'
import type { MessageTransfer, TransferAccount, TransferRow } from '../transfer'
import { writeBody } from './bodies'
import { accountKey, after, logKey, mailboxKey, messageKey, rowKey } from './keys'
import { allMailboxes } from './mailbox-records'
import { nameOf, putRecord } from './records'
import { decodeRow, encodeRow } from './row'
import type { Tables } from './tables'

/** The tables of an account as rows that every driver has alike. */

const PAGE = 1000

const digestKey = (account: number, hex: string): Buffer =>
  Buffer.concat([accountKey(account), Buffer.from(hex, 'hex')])

/** any table whose keys begin with the account */
interface Keyed {
  getKeys(range: { start: Buffer; end: Buffer; limit?: number }): Iterable<Buffer>
}

/** Keys in pages, so that no read transaction lasts longer than one. */
export function* keysOf(table: Keyed, account: number): Generator<Buffer> {
  const end = after(accountKey(account))
  for (let start = accountKey(account); ; ) {
    const page = [...table.getKeys({ start, end, limit: PAGE })].map((key) => Buffer.from(key))
    yield* page
    const last = page.at(-1)
    if (page.length < PAGE || !last) return
    start = Buffer.concat([last, Buffer.of(0)])
  }
}

/** All but messages. */
export function* indexRows(tables: Tables, account: number): Generator<Exclude<TransferRow, MessageTransfer>> {
  const { rows, log, threads, records } = tables
  for (const { number, record } of allMailboxes(tables, account)) {
    const { name, uidValidity, uidNext, modSeq, gaps, messages, unseen, deleted, size, recentFrom } = record
    const specialUse = [...record.specialUse].sort()
    const counters = { messages, unseen, deleted, size, recentFrom }
    yield { kind: 'mailbox', mailbox: number, name, uidValidity, uidNext, modSeq, gaps, specialUse, ...counters }
  }
  for (const key of keysOf(rows, account)) {
    const value = rows.get(key)
    if (!value) continue
    const { flags, ...row } = decodeRow(value)
    yield {
      kind: 'entry',
      mailbox: key.readUInt32BE(4),
      uid: key.readUInt32BE(8),
      flags: flags.names,
      ...row,
    }
  }
  for (const key of keysOf(threads, account)) {
    yield { kind: 'thread', messageId: key.toString('hex', 4), thread: threads.get(key) ?? 0 }
  }
  for (const key of keysOf(log, account)) {
    const { a = [], x = [], f = [] } = log.get(key) ?? {}
    const place = { mailbox: key.readUInt32BE(4), modSeq: key.readUIntBE(8, 6) }
    yield { kind: 'change', ...place, added: a, expunged: x, flagged: f }
  }
  for (const key of keysOf(records, account)) {
    const found = records.get(key)
    if (found) yield { kind: 'record', ...nameOf(key), ...found }
  }
}

/** Inside a write transaction. */
export function putRow(tables: Tables, account: number, row: TransferRow): void {
  const { mailboxes, rows, log, threads, heads, prepared, references } = tables
  switch (row.kind) {
    case 'mailbox': {
      const { kind: _kind, mailbox, specialUse, ...record } = row
      const uses = SPECIAL_USES.filter((use) => specialUse.includes(use))
      void mailboxes.put(mailboxKey(account, mailbox), { ...record, specialUse: uses })
      return
    }
    case 'entry':
      void rows.put(rowKey(account, row.mailbox, row.uid), encodeRow({ ...row, flags: flagSet(row.flags) }))
      return
    case 'thread':
      void threads.put(digestKey(account, row.messageId), row.thread)
      return
    case 'record': {
      const { kind: _kind, record, ...stored } = row
      putRecord(tables, account, record, stored)
      return
    }
    case 'change':
      void log.put(logKey(account, row.mailbox, row.modSeq), { a: row.added, x: row.expunged, f: row.flagged })
      return
    case 'message': {
      const key = messageKey(account, row.message)
      // Whoever wrote `keys` had them from a prepared message.
      void heads.put(key, { thread: row.thread, keys: row.keys as SearchKeys })
      void prepared.put(key, row.prepared)
      if (row.entries > 1) void references.put(key, row.entries - 1)
      writeBody(tables, account, row.message, row.octets)
    }
  }
}

export function accountRow({ states, fences, accounts }: Tables, account: number): TransferAccount | undefined {
  const key = accountKey(account)
  const found = accounts.get(key)
  if (!found) return undefined
  const state = states.get(key)
  const { id: _id, name, ...attributes } = found
  return {
    account,
    name,
    attributes,
    lastMailbox: state?.mailboxes ?? 0,
    lastMessage: state?.messages ?? 0,
    lastUidValidity: state?.uidValidity ?? 0,
    usedBytes: state?.usedBytes ?? 0,
    usedMessages: state?.usedMessages ?? 0,
    fence: fences.get(key) ?? 0,
  }
}

/** Inside a write transaction. */
export function putAccount({ accounts, names, fences, states }: Tables, row: TransferAccount): void {
  const { account, name, attributes, ...state } = row
  const key = accountKey(account)
  // What `accountRow` read: an Account without its id and its name.
  const rest = attributes as Omit<Account, 'id' | 'name'>
  void accounts.put(key, { ...rest, id: makeAccountId(account), name })
  void names.put(name, account)
  void fences.put(key, state.fence)
  void states.put(key, {
    mailboxes: state.lastMailbox,
    messages: state.lastMessage,
    uidValidity: state.lastUidValidity,
    usedBytes: state.usedBytes,
    usedMessages: state.usedMessages,
  })
}
