import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { AccountId, MailboxId } from '../../../terms/names'
import { turn } from '../../../work/turns'
import { type Snapshot, StoreUnavailable } from '../../store'
import { type Followed, follow } from './changes'
import { Columns, type Page } from './columns'
import { type MailboxKey, mailboxAt, mailboxKeyOf } from './mailboxes'
import { moment } from './moment'

/** rows of one statement, half a millisecond */
const PAGE = 1000
/** readings that a log no longer reached back to the begin of */
const ATTEMPTS = 5

/** Arrays as JSON: half the time of rows with one of the two SQLites, the same with the other. */
const ROWS = `SELECT json_group_array(uid) AS uids, json_group_array(size) AS sizes, json_group_array(mod_seq) AS mod_seqs,
    json_group_array(internal_date) AS internal_dates, json_group_array(flags) AS flags
  FROM (SELECT uid, size, mod_seq, internal_date, flags FROM entries
    WHERE account = ? AND mailbox = ? AND uid > ? ORDER BY uid LIMIT ${PAGE})`
const NONE: Page = { uids: '[]', sizes: '[]', mod_seqs: '[]', internal_dates: '[]', flags: '[]' }

/** What the log tells of the time in which a mailbox was read. */
function apply(columns: Columns, { added, flagged, expunged, rows }: Followed): void {
  columns.remove(expunged)
  for (const uids of [flagged, added]) {
    for (const uid of Uint32Array.from(uids).sort()) {
      const row = rows.get(uid)
      if (row) columns.put(row)
    }
  }
}

/** Undefined: there is no such mailbox. 'again': the log does not tell all that came meanwhile. */
async function readOnce(sql: Sql, key: MailboxKey): Promise<Snapshot | undefined | 'again'> {
  const page = (last: number): Page => sql.get<Page>(ROWS, ...key, last) ?? NONE
  const begin = moment(sql, () => {
    const mailbox = mailboxAt(sql, key)
    return mailbox && { mailbox, first: page(0) }
  })
  if (!begin) return undefined
  const { mailbox, first } = begin
  const columns = new Columns(mailbox.messages)
  if (columns.add(first) < PAGE) return columns.snapshot(mailbox)
  do await turn()
  while (columns.add(page(columns.last)) === PAGE)
  const followed = await follow(sql, key, mailbox.mod_seq)
  if (!followed) return 'again'
  apply(columns, followed)
  return columns.snapshot(followed.mailbox)
}

/** One moment of a mailbox: pages, and then what the log tells of the time in which they were read. */
export async function snapshot(sql: Sql, id: AccountId, mailbox: MailboxId): Promise<Snapshot | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await readOnce(sql, mailboxKeyOf(id, mailbox))
    if (found !== 'again') return found
  }
  throw new StoreUnavailable('a mailbox changes faster than it can be read')
}
