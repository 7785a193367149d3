import type { SearchKeys } from '../../mime/prepared'
import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId, MailboxId } from '../../terms/names'
import { modSeq, type Uid } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import { type IndexRow, NO_COMMIT, type Written } from '../change'
import { nothing, overQuota, quotaOctets, weigh } from '../counting'
import { accountNumber, digestOf, mailboxNumber } from '../ids'
import { flagsFault, MAX_UID } from '../limits'
import { encodePrepared } from '../prepared-codec'
import { type AccountRecord, flagsText, indexRow, type MailboxRecord } from '../row-types'
import type { AppendOptions, MessageTable, NewMessage } from '../store'
import type { Database, Session } from './database'
import { jsonText } from './json'
import { type MarkBook, markBook, markLookup } from './marks'
import { trimLog } from './messages-write'

/** Octets of a message lie in chunks, so that reading a header does not fetch 25 MB. */
export const CHUNK = 128 * 1024
/** Octets of one statement at most; what is larger goes in several. */
const STATEMENT = 1024 * 1024
/** Names of a message that are looked up for its thread. */
const NAMES = 20

type Appended = Result<Written<readonly Uid[]>>

interface Wanted {
  readonly messages: readonly NewMessage[]
  readonly options: AppendOptions | undefined
  settle(result: Appended): void
  fail(error: unknown): void
}

const digest = (messageId: string): string => digestOf(messageId).toString('hex')

/** The message-ids that a message's thread may be known by, nearest first (RFC 8474 5.2 leaves the algorithm to the server). */
export const threadNames = (keys: SearchKeys): string[] =>
  [keys.inReplyTo, ...keys.references.slice(-NAMES).reverse(), keys.messageId].filter((id) => id !== '').map(digest)

/** What one transaction writes, gathered over all appends that waited together. */
interface Batch {
  readonly entries: (IndexRow & { readonly message: number; readonly uidl: string })[]
  readonly threads: number[]
  readonly messages: NewMessage[]
  readonly newThreads: Map<string, number>
  readonly log: { readonly modSeq: number; readonly uids: readonly number[] }[]
}

/** The index of a batch in one statement: arrays of numbers and text, and the prepared parts as one run of octets. */
const INSERT = `
WITH wanted AS (
  SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::float8[], $9::text[],
    $10::bigint[], $11::text[], $12::int[], $13::int[], $27::bigint[])
    AS t(uid, message, flags, mod_seq, size, internal_date, uidl, thread, keys, start, length, added)
), added_entries AS (
  INSERT INTO mailbox.entries
    (account, mailbox, uid, message, flags, mod_seq, size, internal_date, save_date, uidl, added)
  SELECT $1, $2, uid, message, flags, mod_seq, size, internal_date, $14::float8, uidl, added FROM wanted
), added_messages AS (
  INSERT INTO mailbox.messages (account, message, entries, thread, keys, prepared)
  SELECT $1, message, 1, thread, keys::json, substring($15::bytea FROM start + 1 FOR length) FROM wanted
), added_threads AS (
  INSERT INTO mailbox.threads (account, message_id, thread)
  SELECT $1, decode(name, 'hex'), thread FROM unnest($16::text[], $17::bigint[]) AS t(name, thread)
  ON CONFLICT (account, message_id) DO UPDATE SET thread = excluded.thread
), logged AS (
  INSERT INTO mailbox.changes (account, mailbox, mod_seq, added, expunged, flagged)
  SELECT $1, $2, (one->>0)::bigint, ARRAY(SELECT json_array_elements_text(one->1)::bigint), '{}', '{}'
  FROM json_array_elements($18::json) AS t(one)
), counted AS (
  UPDATE mailbox.accounts SET last_message = $19, used_bytes = used_bytes + $26, used_messages = used_messages + $21
  WHERE account = $1
)
UPDATE mailbox.mailboxes SET uid_next = $22, mod_seq = $23, messages = messages + $21, size = size + $20,
  unseen = unseen + $24, deleted = deleted + $25 WHERE account = $1 AND mailbox = $2`

const CHUNKS = `
INSERT INTO mailbox.chunks (account, message, chunk, octets)
SELECT $1, message, chunk, substring($2::bytea FROM start + 1 FOR length)
FROM unnest($3::bigint[], $4::int[], $5::int[], $6::int[]) AS t(message, chunk, start, length)`

/** Small messages share a statement; of a large one each statement takes a slice, which is not copied before it is sent. */
async function writeBodies({ query }: Session, account: number, batch: Batch): Promise<void> {
  let pieces: Buffer[] = []
  let columns: [number, number, number, number][] = []
  let size = 0
  async function flush(): Promise<void> {
    if (columns.length === 0) return
    const [only] = pieces
    const octets = pieces.length === 1 && only ? only : Buffer.concat(pieces)
    await query(CHUNKS, [account, octets, ...[0, 1, 2, 3].map((at) => columns.map((column) => column[at]))])
    pieces = []
    columns = []
    size = 0
  }
  for (const [index, { bytes }] of batch.messages.entries()) {
    const message = batch.entries[index]?.message ?? 0
    for (let start = 0; start < bytes.length || start === 0; start += STATEMENT) {
      const piece = bytes.subarray(start, start + STATEMENT)
      if (size + piece.length > STATEMENT) await flush()
      for (let at = 0; at < piece.length || at === 0; at += CHUNK) {
        columns.push([message, (start + at) / CHUNK, size + at, Math.min(CHUNK, piece.length - at)])
      }
      pieces.push(piece)
      size += piece.length
    }
  }
  await flush()
}

/** Appends in turn, in a transaction that holds the account; what has a fault is left out. */
export async function appendAll(
  session: Session,
  clock: Clock,
  id: AccountId,
  mailbox: MailboxId,
  owner: AccountRecord,
  box: MailboxRecord,
  known: Map<string, number>,
  wanted: readonly Pick<Wanted, 'messages' | 'options'>[],
  book: MarkBook = markBook(),
): Promise<Appended[]> {
  const batch: Batch = { entries: [], threads: [], messages: [], newThreads: new Map(), log: [] }
  const delta = nothing()
  let uidNext = box.uid_next
  let modSequence = box.mod_seq
  const results = wanted.map(({ messages, options }): Appended => {
    const marks = options?.marks ?? []
    if (book.counts(marks)) return failed({ kind: 'stored-before' })
    const bytes = messages.reduce((sum, message) => sum + quotaOctets(message.bytes.length, message.flags), 0)
    const used = { bytes: owner.used_bytes + delta.used, messages: owner.used_messages + delta.messages }
    if (overQuota(used, options, bytes, messages.length)) return failed({ kind: 'over-quota' })
    for (const { flags } of messages) {
      const fault = flagsFault(flags)
      if (fault) return failed(fault)
    }
    let highest = uidNext - 1
    const uids = messages.map((message) => {
      const one = message.uid ?? highest + 1
      if (one <= highest) return undefined
      highest = one
      return one
    })
    if (uids.includes(undefined) || highest >= MAX_UID) return failed({ kind: 'limit', why: 'UID out of range' })
    uidNext = highest + 1
    book.add(marks)
    const after = modSequence++
    const rows = messages.map((message, index) => {
      const number = owner.last_message + batch.messages.length + 1
      const names = threadNames(message.prepared.keys)
      const thread = names.map((name) => known.get(name)).find((one) => one !== undefined) ?? number
      if (message.prepared.keys.messageId !== '') {
        const own = digest(message.prepared.keys.messageId)
        known.set(own, thread)
        batch.newThreads.set(own, thread)
      }
      const row = indexRow({
        uid: uids[index] ?? 0,
        flags: flagsText(message.flags),
        mod_seq: modSequence,
        size: message.bytes.length,
        internal_date: message.internalDate,
      })
      weigh(delta, row.flags, row.size, 1)
      batch.messages.push(message)
      batch.entries.push({ ...row, message: number, uidl: message.uidl ?? '' })
      batch.threads.push(thread)
      return row
    })
    const added = rows.map((row) => row.uid)
    batch.log.push({ modSeq: modSequence, uids: added })
    const change = { account: id, mailbox, after: modSeq(after), modSeq: modSeq(modSequence) }
    return ok({
      value: added,
      commit: { ...NO_COMMIT, mailboxes: [{ ...change, changes: [{ kind: 'added', rows }] }] },
    })
  })
  if (batch.entries.length === 0) return results
  await writeBodies(session, owner.account, batch)
  const prepared = batch.messages.map((message) => encodePrepared(message.prepared))
  let at = 0
  const starts = prepared.map((one) => {
    at += one.length
    return at - one.length
  })
  const column = <T>(pick: (entry: Batch['entries'][number]) => T): T[] => batch.entries.map(pick)
  await session.query(INSERT, [
    box.account,
    box.mailbox,
    column((entry) => entry.uid),
    column((entry) => entry.message),
    column((entry) => flagsText(entry.flags)),
    column((entry) => entry.modSeq),
    column((entry) => entry.size),
    column((entry) => entry.internalDate),
    column((entry) => entry.uidl),
    batch.threads,
    batch.messages.map((message) => jsonText(message.prepared.keys)),
    starts,
    prepared.map((one) => one.length),
    clock.now(),
    Buffer.concat(prepared),
    [...batch.newThreads.keys()],
    [...batch.newThreads.values()],
    JSON.stringify(batch.log.map((one) => [one.modSeq, one.uids])),
    owner.last_message + batch.messages.length,
    delta.size,
    delta.messages,
    uidNext,
    modSequence,
    delta.unseen,
    delta.deleted,
    delta.used,
    batch.messages.map((message) => message.prepared.structure.added ?? 0),
  ])
  await book.write(session, owner.account)
  await trimLog(session, box, modSequence)
  return results
}

/**
 * Appends of one process to one mailbox that wait for each other become one transaction: each keeps its own mod-sequence,
 * its own quota check and its own answer; the disk is asked once.
 */
export function createAppend(db: Database, clock: Clock): MessageTable['append'] {
  const LARGEST = 4 * STATEMENT
  const waiting = new Map<string, Wanted[]>()

  async function runBatch(id: AccountId, mailbox: MailboxId, wanted: readonly Wanted[]): Promise<void> {
    const account = accountNumber(id)
    const number = mailboxNumber(account, mailbox)
    const messages = wanted.flatMap((one) => one.messages)
    const named = [...new Set(messages.flatMap(({ prepared }) => threadNames(prepared.keys)))]
    const marks = wanted.flatMap(({ options }) => options?.marks ?? [])
    const list = named.map((name) => `'\\x${name}'::bytea`).join(', ')
    const first = [
      `SELECT * FROM mailbox.mailboxes WHERE account = ${account} AND mailbox = ${number}`,
      ...(list
        ? [
            `SELECT encode(message_id, 'hex') AS name, thread FROM mailbox.threads WHERE account = ${account} AND message_id IN (${list})`,
          ]
        : []),
      ...markLookup(account, marks),
    ]
    const results = await db.write(account, first, async (session, [locked = [], found = [], ...rest]) => {
      // The columns that were asked for.
      const [owner] = locked as unknown as AccountRecord[]
      const [box] = found as unknown as MailboxRecord[]
      if (!owner || !box) return ok(wanted.map((): Appended => failed({ kind: 'no-such-mailbox' })))
      const threads = list ? (rest.shift() ?? []) : []
      const book = markBook(rest[0] as unknown as { key: string; until: number }[] | undefined)
      const known = new Map((threads as { name: string; thread: number }[]).map(({ name, thread }) => [name, thread]))
      return ok(await appendAll(session, clock, id, mailbox, owner, box, known, wanted, book))
    })
    if (!results.ok) throw new Error('an append cannot fail as a whole')
    wanted.forEach((one, index) => {
      one.settle(results.value[index] ?? failed({ kind: 'no-such-mailbox' }))
    })
  }

  /** As many of those that wait as fit; the first always. */
  function take(queue: Wanted[]): Wanted[] {
    let size = 0
    const end = queue.findIndex((one, index) => {
      size += one.messages.reduce((sum, message) => sum + message.bytes.length, 0)
      return index > 0 && size > LARGEST
    })
    return queue.splice(0, end < 0 ? queue.length : end)
  }

  async function work(key: string, id: AccountId, mailbox: MailboxId, queue: Wanted[]): Promise<void> {
    while (queue.length > 0) {
      const wanted = take(queue)
      try {
        await runBatch(id, mailbox, wanted)
      } catch (error) {
        for (const one of wanted) one.fail(error)
      }
    }
    waiting.delete(key)
  }

  return (id, mailbox, messages, options) => {
    if (messages.length === 0) return Promise.resolve(ok({ value: [], commit: NO_COMMIT }))
    return new Promise((settle, fail) => {
      const key = `${id} ${mailbox}`
      const queue = waiting.get(key)
      const wanted: Wanted = { messages, options, settle, fail }
      if (queue) queue.push(wanted)
      else {
        const own = [wanted]
        waiting.set(key, own)
        void work(key, id, mailbox, own)
      }
    })
  }
}
