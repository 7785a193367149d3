import { crc32 } from 'node:zlib'
import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { SearchKeys } from '../../../mime/prepared'
import type { Mended } from '../../audit'
import { digestOf } from '../../ids'
import type { MessageTransfer, TransferAccount, TransferRow } from '../../transfer'
import { MESSAGES, messageKey, uidsText } from '../rows'
import { putBinned } from './bin-rows'
import { putEntry } from './entry-rows'
import { noteAccountGone } from './gone'
import { putMessage, removeMessage, setEntries } from './message-rows'
import { putRecord } from './record-rows'

/** The store as rows, for commands that have it alone: `migrate`, `check --repair`, `restored`. */

function putAccount(sql: Sql, one: TransferAccount): void {
  const text = `INSERT INTO accounts VALUES (?, ?, ?)
    ON CONFLICT (account) DO UPDATE SET name = excluded.name, attributes = excluded.attributes`
  sql.run(text, one.account, one.name, JSON.stringify(one.attributes))
  sql.run(
    'INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[one.account, one.lastMailbox, one.lastMessage, one.lastUidValidity],
    ...[one.usedBytes, one.usedMessages, one.fence, one.binnedBytes, one.binnedMessages],
  )
}

function putTransferred(sql: Sql, account: number, row: MessageTransfer): void {
  const { message, entries, thread, prepared, octets } = row
  // Whoever wrote `keys` had them from a prepared message.
  const { messageId } = row.keys as SearchKeys
  if (message >= MESSAGES)
    throw new Error(`message ${message} of account ${account} has a number too high for this store`)
  const id = messageKey(account, message)
  removeMessage(sql, id, Number.POSITIVE_INFINITY)
  const named = messageId ? digestOf(messageId) : null
  putMessage(sql, { id, thread, named, checksum: crc32(octets), keys: JSON.stringify(row.keys), prepared, octets })
  setEntries(sql, id, entries)
}

function putRow(sql: Sql, account: number, row: TransferRow): void {
  switch (row.kind) {
    case 'mailbox':
      sql.run(
        'INSERT INTO mailboxes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[account, row.mailbox, row.name, row.uidValidity, row.uidNext, row.modSeq, row.gaps],
        ...[row.specialUse.join(' '), row.messages, row.unseen, row.deleted, row.size, row.recentFrom],
      )
      return
    case 'entry': {
      const { mailbox, uid, message, size, uidl, added } = row
      const dates = { internal_date: row.internalDate, save_date: row.saveDate }
      const flags = row.flags.join(' ')
      putEntry(sql, { account, mailbox }, { uid, message, flags, mod_seq: row.modSeq, size, ...dates, uidl, added })
      return
    }
    case 'thread':
      sql.run('INSERT INTO threads VALUES (?, ?, ?)', account, Buffer.from(row.messageId, 'hex'), row.thread)
      return
    case 'change':
      sql.run(
        'INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)',
        ...[account, row.mailbox, row.modSeq, uidsText(row.added), uidsText(row.expunged), uidsText(row.flagged)],
      )
      return
    case 'record':
      putRecord(sql, account, row.record, row)
      return
    case 'binned': {
      const { mailbox, uid, name, message, size, added, until } = row
      const times = { internal_date: row.internalDate, removed_at: row.removedAt, until }
      putBinned(sql, account, { mailbox, uid, name, message, flags: row.flags.join(' '), size, added, ...times })
      return
    }
    case 'message':
      putTransferred(sql, account, row)
  }
}

/** A message that is prepared again from its octets. */
export interface PreparedAnew {
  readonly message: number
  /** JSON */
  readonly keys: string
  readonly named: Uint8Array | null
  readonly prepared: Uint8Array
  readonly checksum: number
}

function putPrepared(sql: Sql, account: number, thread: number, anew: PreparedAnew): void {
  // Octets in chunks may have lost their row.
  sql.run(
    `INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (id) DO UPDATE
      SET message_id = excluded.message_id, keys = excluded.keys, prepared = excluded.prepared`,
    ...[messageKey(account, anew.message), thread, anew.named, anew.checksum, anew.keys, anew.prepared],
  )
}

export const transferOperations = (sql: Sql) => ({
  /** The highest number that an account ever had. */
  setLastAccount(account: number): void {
    sql.run("DELETE FROM sqlite_sequence WHERE name = 'accounts'")
    sql.run("INSERT INTO sqlite_sequence VALUES ('accounts', ?)", account)
  },

  /** Nobody finds it from then on; `removeSome` takes the rest. */
  hideAccount(account: number): void {
    sql.run('DELETE FROM accounts WHERE account = ?', account)
  },

  putRows(account: number, rows: readonly TransferRow[]): void {
    for (const row of rows) putRow(sql, account, row)
  },

  putAccount(account: TransferAccount): void {
    putAccount(sql, account)
  },

  /** @param prepared of each message that is to be prepared again */
  mend({ account: owner, index, records, messages, gone }: Mended, prepared: readonly PreparedAnew[]): void {
    const { account } = owner
    // What is prepared anew may have other texts.
    if (prepared.length > 0) noteAccountGone(sql, account)
    for (const table of ['mailboxes', 'entries', 'changes', 'threads', 'binned']) {
      sql.run(`DELETE FROM ${table} WHERE account = ?`, account)
    }
    for (const row of [...index, ...records]) putRow(sql, account, row)
    const anew = new Map(prepared.map((one) => [one.message, one]))
    for (const { message, entries, thread } of messages) {
      const again = anew.get(message)
      if (again) putPrepared(sql, account, thread, again)
      setEntries(sql, messageKey(account, message), entries)
    }
    for (const message of gone) {
      const id = messageKey(account, message)
      removeMessage(sql, id, Number.POSITIVE_INFINITY)
      setEntries(sql, id, 1)
    }
    putAccount(sql, owner)
  },
})
