import type { Transaction } from 'lmdb'
import { modSeq, type Uid, uid } from '../../terms/numbers'
import { gapsFrom } from '../gaps'
import { subscriptionRecord } from '../records/subscriptions'
import type { CreateOptions } from '../store'
import { accountKey, after, mailboxKey, rowKey } from './keys'
import { putRecord } from './records'
import { decodeRow, type Row } from './row'
import type { AccountState, MailboxRecord, Tables } from './tables'

/** Helpers inside a write transaction. Records are small; every change writes the whole record. */

export interface Found {
  readonly number: number
  readonly record: MailboxRecord
}

export function allMailboxes({ mailboxes }: Tables, account: number): Found[] {
  const prefix = accountKey(account)
  return [...mailboxes.getRange({ start: prefix, end: after(prefix) })].map(({ key, value }) => ({
    number: Buffer.from(key).readUInt32BE(4),
    record: value,
  }))
}

/** names kept of where their mailboxes were */
const MOST_NAMES = 20_000

export function byName(tables: Tables, account: number, name: string): Found | undefined {
  const { numberByName } = tables
  const key = `${account} ${name}`
  const number = numberByName.get(key)
  // Another process may have renamed or removed it: what the number stands for now is looked at.
  const record = number === undefined ? undefined : tables.mailbox(account, number)
  if (number !== undefined && record?.name === name) return { number, record }
  const found = allMailboxes(tables, account).find((one) => one.record.name === name)
  if (numberByName.size >= MOST_NAMES) numberByName.clear()
  if (found) numberByName.set(key, found.number)
  else numberByName.delete(key)
  return found
}

export const stateOf = ({ states }: Tables, account: number): AccountState | undefined =>
  states.get(accountKey(account))

export function addMailbox(tables: Tables, account: number, name: string, options: CreateOptions = {}): Found {
  const state = stateOf(tables, account)
  if (!state) throw new Error('a mailbox needs an account')
  const uidValidity = options.uidValidity ?? state.uidValidity + 1
  const number = state.mailboxes + 1
  void tables.states.put(accountKey(account), {
    ...state,
    mailboxes: number,
    uidValidity: Math.max(state.uidValidity, uidValidity),
  })
  const record: MailboxRecord = {
    name,
    uidValidity,
    uidNext: options.uidNext ?? 1,
    modSeq: 1,
    gaps: '',
    specialUse: options.specialUse ?? [],
    messages: 0,
    unseen: 0,
    deleted: 0,
    size: 0,
    recentFrom: options.uidNext ?? 1,
  }
  void tables.mailboxes.put(mailboxKey(account, number), record)
  if (options.subscribed) putRecord(tables, account, 'subscription', subscriptionRecord(name))
  return { number, record }
}

/** What messages change in a mailbox. */
export const numbersOf = (record: MailboxRecord) => ({
  uidNext: uid(record.uidNext),
  highestModSeq: modSeq(record.modSeq),
  gaps: gapsFrom(record.gaps),
  messages: record.messages,
  unseen: record.unseen,
  deleted: record.deleted,
  size: record.size,
  recentFrom: uid(record.recentFrom),
})

export interface Entry {
  readonly uid: Uid
  readonly row: Row
}

/** The rows of those `uids` that exist, in the given order. */
export function entriesOf({ rows }: Tables, account: number, mailbox: number, uids: readonly Uid[]): Entry[] {
  const found: Entry[] = []
  for (const one of uids) {
    const value = rows.get(rowKey(account, mailbox, one))
    if (value) found.push({ uid: one, row: decodeRow(value) })
  }
  return found
}

/**
 * @param transaction to read one moment over several turns of the event loop
 * @param above only entries with higher UIDs
 */
export function* everyEntry(
  { rows }: Tables,
  account: number,
  mailbox: number,
  transaction?: Transaction,
  above = 0,
): Generator<Entry> {
  const prefix = mailboxKey(account, mailbox)
  const start = above === 0 ? prefix : after(rowKey(account, mailbox, above))
  const range = { start, end: after(prefix), ...(transaction && { transaction }) }
  for (const { key, value } of rows.getRange(range)) {
    yield { uid: uid(Buffer.from(key).readUInt32BE(8)), row: decodeRow(value) }
  }
}
