import type { Keeping } from '../bin'
import { type BinKey, type BinRecord, binOctets, binOctetsOf, fitting, GIVE_WAY } from '../bin-rows'
import type { Delta } from '../counting'
import type { AccountRecord, EntryRecord, MailboxRecord } from '../row-types'
import type { Session } from './database'
import { addUsage, releaseEntries, releaseMessages, removeEntries } from './entries'

/** Rows of the recycle bin, in a transaction that holds the account. */

const COUNTED = `UPDATE mailbox.accounts SET binned_bytes = binned_bytes + $2, binned_messages = binned_messages + $3
  WHERE account = $1`

async function addBinned(
  { query }: Session,
  account: number,
  rows: readonly { readonly size: number }[],
  sign: 1 | -1,
): Promise<void> {
  const bytes = rows.reduce((sum, { size }) => sum + size, 0)
  await query(COUNTED, [account, sign * bytes, sign * rows.length])
}

/** Two columns. */
export const keyColumns = (keys: readonly BinKey[]): [number[], number[]] => [
  keys.map(({ mailbox }) => mailbox),
  keys.map(({ uid }) => uid),
]

const TAKE = `DELETE FROM mailbox.binned b USING unnest($2::bigint[], $3::bigint[]) AS t(mailbox, uid)
  WHERE b.account = $1 AND b.mailbox = t.mailbox AND b.uid = t.uid`

type Leaving = BinKey & Pick<BinRecord, 'message' | 'size'>

/** Takes rows out of the bin; the messages stay. */
export async function takeOut(session: Session, account: number, rows: readonly Leaving[]): Promise<void> {
  if (rows.length === 0) return
  await session.query(TAKE, [account, ...keyColumns(rows)])
  await addBinned(session, account, rows, -1)
}

/** Takes rows out of the bin, and messages that are nowhere else. @returns the messages that went */
export async function eraseRows(session: Session, account: number, rows: readonly Leaving[]): Promise<number[]> {
  await takeOut(session, account, rows)
  return releaseMessages(session, account, rows)
}

const OLDEST = 'SELECT * FROM mailbox.binned WHERE account = $1 ORDER BY removed_at, mailbox, uid LIMIT $2'

/** The oldest give way. @returns whether there is room for so many octets now */
async function makeRoom(
  session: Session,
  { account, binned_bytes: bytes, binned_messages: messages }: AccountRecord,
  octets: number,
  most: number,
): Promise<boolean> {
  let over = binOctets({ bytes, messages }) + octets - most
  if (over <= 0) return true
  const leaving: BinRecord[] = []
  for (const row of await session.query<BinRecord & Record<string, unknown>>(OLDEST, [account, GIVE_WAY])) {
    if (over <= 0) break
    leaving.push(row)
    over -= binOctetsOf([row])
  }
  await eraseRows(session, account, leaving)
  return over <= 0
}

const PUT = `
INSERT INTO mailbox.binned (account, mailbox, uid, name, message, flags, size, internal_date, added, removed_at, until)
SELECT $1, $2, t.uid, $3, t.message, t.flags, t.size, t.internal_date, t.added, $4, $5
FROM unnest($6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::float8[], $11::bigint[])
  AS t(uid, message, flags, size, internal_date, added)`

/** Takes entries out of a mailbox and puts them into the bin, those that it has no room for nowhere. */
export async function binEntries(
  session: Session,
  owner: AccountRecord,
  box: MailboxRecord,
  entries: readonly EntryRecord[],
  { time, octets }: Keeping,
  now: number,
): Promise<Delta> {
  const { account, mailbox, name } = box
  const [fit, others] = fitting(entries, octets)
  if (!(await makeRoom(session, owner, binOctetsOf(fit), octets))) return releaseEntries(session, box, entries)
  const delta = await removeEntries(session, box, entries)
  await releaseMessages(session, account, others)
  if (fit.length > 0) {
    const columns = (['uid', 'message', 'flags', 'size', 'internal_date', 'added'] as const).map((name) =>
      fit.map((entry) => entry[name]),
    )
    await session.query(PUT, [account, mailbox, name, now, now + time, ...columns])
    await addBinned(session, account, fit, 1)
  }
  await addUsage(session, account, delta)
  return delta
}
