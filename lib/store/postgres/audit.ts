import { prepare } from '../../mime/prepare'
import type { AuditRow, Mended } from '../audit'
import { encodePrepared, PREPARED_HEAD } from '../prepared-codec'
import type { Session } from './database'
import { jsonText } from './json'
import { indexRows, pages, putIndex, type Read } from './rows'

/** rows of one statement */
const BATCH = 1000

interface Facts {
  readonly message: number
  readonly entries: number
  readonly thread: number
  readonly message_id: string | null
  readonly head: Buffer
  readonly length: number
}

const MESSAGES = `SELECT message, entries, thread, keys->>'messageId' AS message_id,
    substring(prepared FROM 1 FOR ${PREPARED_HEAD}) AS head, octet_length(prepared) AS length
  FROM mailbox.messages WHERE account = $1 AND message > $2 ORDER BY message`
const OCTETS = `SELECT message, sum(octet_length(octets))::bigint AS size
  FROM mailbox.chunks WHERE account = $1 AND message > $2 GROUP BY message ORDER BY message`

/** What an audit needs; of one moment, if `read` is. */
export async function* auditRows(read: Read, account: number): AsyncGenerator<AuditRow> {
  yield* indexRows(read, account)
  for await (const row of pages<Facts>(read, MESSAGES, account, (one) => [one.message], [0])) {
    const { message, entries, thread, head, length } = row
    const messageId = row.message_id ?? undefined
    yield { kind: 'message', message, entries, thread, messageId, prepared: { head, length } }
  }
  type Size = { message: number; size: number }
  for await (const row of pages<Size>(read, OCTETS, account, (one) => [one.message], [0])) {
    yield { kind: 'octets', ...row }
  }
}

/** In a transaction that holds the account. */
export async function mendAccount(
  session: Session,
  { account: owner, index, records, messages, gone }: Mended,
  octetsOf: (message: number) => Promise<Buffer>,
): Promise<void> {
  const { query } = session
  const { account } = owner
  for (const table of ['mailboxes', 'entries', 'threads', 'changes', 'binned']) {
    await query(`DELETE FROM mailbox.${table} WHERE account = $1`, [account])
  }
  for (let start = 0; start < index.length; start += BATCH) {
    await putIndex(session, account, index.slice(start, start + BATCH))
  }
  await putIndex(session, account, records)
  for (const { message, entries, thread, prepare: anew } of messages) {
    if (!anew) {
      const text = 'UPDATE mailbox.messages SET entries = $3 WHERE account = $1 AND message = $2'
      await query(text, [account, message, entries])
      continue
    }
    const made = prepare(await octetsOf(message))
    await query(
      `INSERT INTO mailbox.messages (account, message, entries, thread, keys, prepared) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (account, message) DO UPDATE SET entries = $3, keys = $5, prepared = $6`,
      [account, message, entries, thread, jsonText(made.keys), encodePrepared(made)],
    )
  }
  // What is prepared anew may have other texts.
  const anew = messages.flatMap(({ message, prepare: again }) => (again ? [message] : []))
  await query('DELETE FROM mailbox.texts WHERE account = $1 AND message = ANY($2::bigint[])', [account, anew])
  await query('DELETE FROM mailbox.indexed WHERE account = $1', [account])
  for (const table of ['messages', 'chunks', 'texts']) {
    await query(`DELETE FROM mailbox.${table} WHERE account = $1 AND message = ANY($2::bigint[])`, [account, gone])
  }
  await query(
    `UPDATE mailbox.accounts SET attributes = $2, last_mailbox = $3, last_message = $4, last_uid_validity = $5,
       used_bytes = $6, used_messages = $7, binned_bytes = $8, binned_messages = $9 WHERE account = $1`,
    [
      account,
      JSON.stringify(owner.attributes),
      owner.lastMailbox,
      owner.lastMessage,
      owner.lastUidValidity,
      owner.usedBytes,
      owner.usedMessages,
      owner.binnedBytes,
      owner.binnedMessages,
    ],
  )
}
