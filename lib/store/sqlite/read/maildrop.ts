import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { AccountId, MailboxId } from '../../../terms/names'
import { turn } from '../../../work/turns'
import { type MaildropColumns, StoreUnavailable } from '../../store'
import { expungedAfter } from './changes'
import { type MailboxKey, mailboxAt, mailboxKeyOf } from './mailboxes'

const PAGE = 1000
const ATTEMPTS = 10

interface Page {
  /** arrays as JSON */
  readonly uids: string
  readonly added: string
  /** of those that have one, an object as JSON; null: none has */
  readonly uidls: string | null
}
const ROWS = `SELECT json_group_array(uid) AS uids, json_group_array(added) AS added,
    CASE WHEN max(uidl) <> '' THEN json_group_object(uid, uidl) FILTER (WHERE uidl <> '') END AS uidls
  FROM (SELECT uid, uidl, added FROM entries WHERE account = ? AND mailbox = ? AND uid > ? ORDER BY uid LIMIT ${PAGE})`
const NONE: Page = { uids: '[]', added: '[]', uidls: null }

function joined(pages: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(pages.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const page of pages) {
    all.set(page, at)
    at += page.length
  }
  return all
}

/** Pages are of several moments, and what is added stands behind: 'again' when something went meanwhile. */
async function readOnce(sql: Sql, key: MailboxKey, above: number): Promise<MaildropColumns | 'again'> {
  const begin = mailboxAt(sql, key)?.mod_seq
  const uids: Uint32Array[] = []
  const added: Uint32Array[] = []
  const imported = new Map<number, string>()
  for (let last = above; ; ) {
    const page = sql.get<Page>(ROWS, ...key, last) ?? NONE
    const numbers = Uint32Array.from<number>(JSON.parse(page.uids))
    uids.push(numbers)
    added.push(Uint32Array.from<number>(JSON.parse(page.added)))
    const uidls: Record<string, string> = JSON.parse(page.uidls ?? '{}')
    for (const uid in uidls) imported.set(Number(uid), uidls[uid] ?? '')
    if (numbers.length < PAGE) break
    last = numbers.at(-1) ?? last
    await turn()
  }
  const isWhole = uids.length === 1 || begin === undefined || (await expungedAfter(sql, key, begin))?.length === 0
  return isWhole ? { uids: joined(uids), added: joined(added), imported } : 'again'
}

/** What POP3 tells of each message above a UID, of one moment. */
export async function maildrop(sql: Sql, id: AccountId, mailbox: MailboxId, above = 0): Promise<MaildropColumns> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const columns = await readOnce(sql, mailboxKeyOf(id, mailbox), above)
    if (columns !== 'again') return columns
  }
  throw new StoreUnavailable('a mailbox changes faster than it can be read')
}
