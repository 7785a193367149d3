import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { AccountId, MailboxId } from '../../../terms/names'
import { modSeq } from '../../../terms/numbers'
import { accountNumber, mailboxNumber } from '../../ids'
import { type MailboxRecord, toMailbox } from '../../row-types'
import type { Mailbox, MailboxTable } from '../../store'
import type { Mail } from '../mail'

export type ListedRow = MailboxRecord & { readonly subscribed: number }

const COLUMNS = `SELECT m.*, EXISTS (SELECT 1 FROM records r
    WHERE r.account = m.account AND r.kind = 'subscription' AND r.key = m.name) AS subscribed
  FROM mailboxes m WHERE m.account = ?`
const LIST = `${COLUMNS} ORDER BY m.name <> 'INBOX', m.name`
const BY_NAME = `${COLUMNS} AND m.name = ?`
const BY_NUMBER = `${COLUMNS} AND m.mailbox = ?`
const UID_VALIDITY = 'SELECT uid_validity FROM mailboxes WHERE account = ? AND mailbox = ?'
const MOD_SEQ = 'SELECT mod_seq FROM mailboxes WHERE account = ? AND mailbox = ?'

export const mailboxFrom = (row: ListedRow): Mailbox => toMailbox(row, row.subscribed === 1)

/** numbers of an account and a mailbox of it */
export type MailboxKey = readonly [account: number, mailbox: number]
export function mailboxKeyOf(id: AccountId, mailbox: MailboxId): MailboxKey {
  const account = accountNumber(id)
  return [account, mailboxNumber(account, mailbox)]
}

export const mailboxAt = (sql: Sql, key: MailboxKey): ListedRow | undefined => sql.get<ListedRow>(BY_NUMBER, ...key)

export const uidValidityAt = (sql: Sql, key: MailboxKey): number | undefined =>
  sql.get<{ uid_validity: number }>(UID_VALIDITY, ...key)?.uid_validity

const modSeqAt = (sql: Sql, key: MailboxKey): number | undefined =>
  sql.get<{ mod_seq: number }>(MOD_SEQ, ...key)?.mod_seq

export const mailboxReads = ({ read: sql }: Mail): Pick<MailboxTable, 'list' | 'find' | 'get' | 'modSeq'> => ({
  list: async (id) => sql.all<ListedRow>(LIST, accountNumber(id)).map(mailboxFrom),
  async find(id, name) {
    const row = sql.get<ListedRow>(BY_NAME, accountNumber(id), name)
    return row && mailboxFrom(row)
  },
  async get(id, mailbox) {
    const row = mailboxAt(sql, mailboxKeyOf(id, mailbox))
    return row && mailboxFrom(row)
  },
  async modSeq(id, mailbox) {
    const found = modSeqAt(sql, mailboxKeyOf(id, mailbox))
    return found === undefined ? undefined : modSeq(found)
  },
})
