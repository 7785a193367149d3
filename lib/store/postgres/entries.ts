import type { Uid } from '../../terms/numbers'
import { type Delta, nothing, weigh } from '../counting'
import { type EntryRecord, flagsFrom, type MailboxRecord } from '../row-types'
import type { Session } from './database'

/** Rows of messages in mailboxes, in a transaction that holds the account. */

const ENTRIES =
  'SELECT * FROM mailbox.entries WHERE account = $1 AND mailbox = $2 AND uid = ANY($3::bigint[]) ORDER BY uid'

export const entriesOf = (session: Session, box: MailboxRecord, uids: readonly Uid[]): Promise<EntryRecord[]> =>
  session.query<EntryRecord>(ENTRIES, [box.account, box.mailbox, uids])

export async function addUsage({ query }: Session, account: number, delta: Delta): Promise<void> {
  const text =
    'UPDATE mailbox.accounts SET used_bytes = used_bytes + $2, used_messages = used_messages + $3 WHERE account = $1'
  await query(text, [account, delta.used, delta.messages])
}

export async function removeEntries(
  { query }: Session,
  box: MailboxRecord,
  entries: readonly EntryRecord[],
): Promise<Delta> {
  const delta = nothing()
  for (const { flags, size } of entries) weigh(delta, flagsFrom(flags), size, -1)
  const text = 'DELETE FROM mailbox.entries WHERE account = $1 AND mailbox = $2 AND uid = ANY($3::bigint[])'
  await query(text, [box.account, box.mailbox, entries.map((entry) => entry.uid)])
  return delta
}

/** How many entries of each message, as two columns. */
export function countByMessage(entries: readonly Pick<EntryRecord, 'message'>[]): [number[], number[]] {
  const counts = new Map<number, number>()
  for (const { message } of entries) counts.set(message, (counts.get(message) ?? 0) + 1)
  return [[...counts.keys()], [...counts.values()]]
}

export const COUNT = `
UPDATE mailbox.messages m SET entries = m.entries + $4 * t.n FROM unnest($2::bigint[], $3::bigint[]) AS t(message, n)
WHERE m.account = $1 AND m.message = t.message`

const FORGET = `
WITH gone AS (
  DELETE FROM mailbox.messages WHERE account = $1 AND message = ANY($2::bigint[]) AND entries <= 0
  RETURNING message, keys->>'messageId' AS message_id
), chunks AS (
  DELETE FROM mailbox.chunks WHERE account = $1 AND message IN (SELECT message FROM gone)
), texts AS (
  DELETE FROM mailbox.texts WHERE account = $1 AND message IN (SELECT message FROM gone)
), threads AS (
  DELETE FROM mailbox.threads WHERE account = $1 AND message_id IN (
    SELECT substring(sha256(convert_to(message_id, 'UTF8')) FROM 1 FOR 16) FROM gone WHERE message_id <> '')
)
SELECT message FROM gone`

/** Messages go with their last entries. @returns the messages that went */
export async function releaseMessages(
  { query }: Session,
  account: number,
  entries: readonly Pick<EntryRecord, 'message'>[],
): Promise<number[]> {
  if (entries.length === 0) return []
  const [messages, counts] = countByMessage(entries)
  await query(COUNT, [account, messages, counts, -1])
  const gone = await query<{ message: number }>(FORGET, [account, messages])
  return gone.map(({ message }) => message)
}

/** Takes entries out of a mailbox; a message goes with its last entry. */
export async function releaseEntries(
  session: Session,
  box: MailboxRecord,
  entries: readonly EntryRecord[],
): Promise<Delta> {
  if (entries.length === 0) return nothing()
  const delta = await removeEntries(session, box, entries)
  await releaseMessages(session, box.account, entries)
  await addUsage(session, box.account, delta)
  return delta
}
