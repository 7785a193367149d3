import type { Sql } from '../../../engine/sqlite/connection'
import type { AccountId, MailboxId } from '../../../terms/names'
import { uid } from '../../../terms/numbers'
import { turn } from '../../../work/turns'
import { uidlOf } from '../../ids'
import { type MaildropRow, StoreUnavailable } from '../../store'
import { expungedAfter } from './changes'
import { type MailboxKey, mailboxAt, mailboxKeyOf } from './mailboxes'

const PAGE = 1000
const ATTEMPTS = 10

type Page = Readonly<Record<'uids' | 'uidls' | 'added', string>>
const ROWS = `SELECT json_group_array(uid) AS uids, json_group_array(uidl) AS uidls, json_group_array(added) AS added
  FROM (SELECT uid, uidl, added FROM entries WHERE account = ? AND mailbox = ? AND uid > ? ORDER BY uid LIMIT ${PAGE})`

/** Pages are of several moments, and what is added stands behind: 'again' when something went meanwhile. */
async function readOnce(sql: Sql, key: MailboxKey, above: number): Promise<MaildropRow[] | 'again'> {
  const mailbox = mailboxAt(sql, key)
  const rows: MaildropRow[] = []
  if (!mailbox) return rows
  for (let last = above, pages = 0; ; pages++) {
    const page = sql.get<Page>(ROWS, ...key, last)
    const uids: number[] = JSON.parse(page?.uids ?? '[]')
    const uidls: string[] = JSON.parse(page?.uidls ?? '[]')
    const added: number[] = JSON.parse(page?.added ?? '[]')
    for (const [at, one] of uids.entries()) {
      rows.push({ uidl: uidlOf(mailbox.uid_validity, uid(one), uidls[at] ?? ''), added: added[at] ?? 0 })
    }
    last = uids.at(-1) ?? last
    if (uids.length < PAGE)
      return pages === 0 || (await expungedAfter(sql, key, mailbox.mod_seq))?.length === 0 ? rows : 'again'
    await turn()
  }
}

/** What POP3 tells of each message above a UID, of one moment. */
export async function maildrop(sql: Sql, id: AccountId, mailbox: MailboxId, above = 0): Promise<MaildropRow[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rows = await readOnce(sql, mailboxKeyOf(id, mailbox), above)
    if (rows !== 'again') return rows
  }
  throw new StoreUnavailable('a mailbox changes faster than it can be read')
}
