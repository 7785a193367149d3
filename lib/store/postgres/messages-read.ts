import type { FlagSet } from '../../terms/flags'
import type { AccountId, EmailId, MailboxId } from '../../terms/names'
import { type ModSeq, modSeq, type Uid, uid } from '../../terms/numbers'
import { uidlOf } from '../../terms/uidl'
import type { Change, IndexRow, MailboxChange } from '../change'
import { commitsBetween, gapsFrom, inGap, leaptSince } from '../gaps'
import { accountNumber, mailboxNumber, makeEmailId, makeThreadId, messageNumber } from '../ids'
import { decodePrepared } from '../prepared-codec'
import { type EntryRecord, flagsFrom, indexRow, keysFrom, type MailboxRecord, toMailbox } from '../row-types'
import type { KeyRow, MaildropColumns, MessageRow, Snapshot } from '../store'
import { CHUNK } from './append'
import { NOT_CRASHED } from './crash'
import type { Database } from './database'

const BATCH = 200
/** of what is kept beside the messages of a batch: that of 10,000 parts is megabytes */
const MOST_OCTETS = 1024 * 1024

const keyOf = (id: AccountId, mailbox: MailboxId): [number, number] => {
  const account = accountNumber(id)
  return [account, mailboxNumber(account, mailbox)]
}

/** One statement, so one moment: the mailbox and its index as five columns of text. */
const SNAPSHOT = `
SELECT m.*, s.key IS NOT NULL AS subscribed, ${NOT_CRASHED}, e.*
FROM mailbox.mailboxes m
LEFT JOIN mailbox.records s ON s.account = m.account AND s.kind = 'subscription' AND s.key = m.name
CROSS JOIN (
  SELECT string_agg(uid::text, ',') AS uids, string_agg(size::text, ',') AS sizes, string_agg(mod_seq::text, ',') AS mod_seqs,
    string_agg(internal_date::text, ',') AS internal_dates, string_agg(flags, E'\\n') AS flag_texts
  FROM (SELECT * FROM mailbox.entries WHERE account = $1 AND mailbox = $2 ORDER BY uid) AS ordered
) e
WHERE m.account = $1 AND m.mailbox = $2`

type Columns = MailboxRecord & { subscribed: boolean } & Record<
    'uids' | 'sizes' | 'mod_seqs' | 'internal_dates' | 'flag_texts',
    string | null
  >

export async function snapshot(db: Database, id: AccountId, mailbox: MailboxId): Promise<Snapshot | undefined> {
  const [row] = await db.read<Columns>(SNAPSHOT, keyOf(id, mailbox))
  if (!row) return undefined
  const split = (text: string | null, by = ','): string[] => (text === null ? [] : text.split(by))
  const numbers = (text: string | null): number[] => split(text).map(Number)
  const flagSets: FlagSet[] = []
  const indexOf = new Map<string, number>()
  const flags = split(row.flag_texts, '\n').map((text) => {
    const index = indexOf.get(text) ?? flagSets.push(flagsFrom(text)) - 1
    indexOf.set(text, index)
    return index
  })
  return {
    mailbox: toMailbox(row, row.subscribed),
    uids: Uint32Array.from(numbers(row.uids)),
    sizes: Uint32Array.from(numbers(row.sizes)),
    modSeqs: Float64Array.from(numbers(row.mod_seqs)),
    internalDates: Float64Array.from(numbers(row.internal_dates)),
    flags: Uint32Array.from(flags),
    flagSets,
  }
}

interface Log {
  /** undefined: no such mailbox */
  readonly now: number | null
  readonly gaps: string | null
  /** added, expunged, flagged of each commit */
  readonly log: readonly (readonly [number[], number[], number[]])[]
}
interface LogAndRows extends Log {
  readonly rows: readonly (readonly [number, string, number, number, number])[]
}

const LOG = `
WITH log AS (
  SELECT mod_seq, added, expunged, flagged FROM mailbox.changes WHERE account = $1 AND mailbox = $2 AND mod_seq > $3
)
SELECT ${NOT_CRASHED},
  (SELECT mod_seq FROM mailbox.mailboxes WHERE account = $1 AND mailbox = $2) AS now,
  (SELECT gaps FROM mailbox.mailboxes WHERE account = $1 AND mailbox = $2) AS gaps,
  (SELECT coalesce(json_agg(json_build_array(added, expunged, flagged) ORDER BY mod_seq), '[]') FROM log) AS log`
const CHANGES = `${LOG},
  (SELECT coalesce(json_agg(json_build_array(uid, flags, mod_seq, size, internal_date) ORDER BY uid), '[]')
   FROM mailbox.entries WHERE account = $1 AND mailbox = $2 AND uid IN (SELECT unnest(added || flagged) FROM log)) AS rows`

/** Whether the log has every commit since. */
const reachesBack = ({ now, gaps, log }: Log, since: ModSeq): boolean =>
  now !== null && since <= now && log.length === commitsBetween(gapsFrom(gaps ?? ''), since, now)

export async function changesSince(
  db: Database,
  id: AccountId,
  mailbox: MailboxId,
  since: ModSeq,
): Promise<MailboxChange | undefined> {
  const [found] = await db.read<LogAndRows>(CHANGES, [...keyOf(id, mailbox), since])
  if (!found || leaptSince(gapsFrom(found.gaps ?? ''), since) || !reachesBack(found, since)) return undefined
  const added = new Set<number>()
  const flagged = new Set<number>()
  const expunged = new Set<number>()
  for (const [a, x, f] of found.log) {
    for (const one of a) added.add(one)
    for (const one of f) if (!added.has(one)) flagged.add(one)
    for (const one of x) {
      flagged.delete(one)
      // Added and gone again in between: nobody needs to hear of it.
      if (!added.delete(one)) expunged.add(one)
    }
  }
  const rows = found.rows.map(([one, flags, mod_seq, size, internal_date]) =>
    indexRow({ uid: one, flags, mod_seq, size, internal_date }),
  )
  const rowsOf = (uids: ReadonlySet<number>): IndexRow[] => rows.filter((row) => uids.has(row.uid))
  const changes: Change[] = []
  if (added.size > 0) changes.push({ kind: 'added', rows: rowsOf(added) })
  if (flagged.size > 0) changes.push({ kind: 'flags', rows: rowsOf(flagged) })
  if (expunged.size > 0) changes.push({ kind: 'expunged', uids: [...expunged].sort((a, b) => a - b).map(uid) })
  return { account: id, mailbox, after: since, modSeq: modSeq(found.now ?? 0), changes }
}

export async function expungedSince(
  db: Database,
  id: AccountId,
  mailbox: MailboxId,
  since: ModSeq,
): Promise<readonly Uid[] | undefined> {
  const [found] = await db.read<Log>(LOG, [...keyOf(id, mailbox), since])
  if (!found) return undefined
  // In a gap a client may know messages that never were: it hears of all that is not there.
  if (inGap(gapsFrom(found.gaps ?? ''), since) || !reachesBack(found, since)) return undefined
  return [...new Set(found.log.flatMap(([, expunged]) => expunged))].sort((a, b) => a - b).map(uid)
}

type Joined = EntryRecord & { thread: number; keys: string; prepared: string; uid_validity: number }
/** keys as text: decoded only when somebody asks; octets in base64, a third shorter on the wire than hexadecimal. */
const joined = (more: string): string => `
SELECT e.*, m.thread, b.uid_validity, ${more}
FROM mailbox.entries e
JOIN mailbox.messages m ON m.account = e.account AND m.message = e.message
JOIN mailbox.mailboxes b ON b.account = e.account AND b.mailbox = e.mailbox
WHERE e.account = $1 AND e.mailbox = $2 AND e.uid = ANY($3::bigint[]) ORDER BY e.uid`
/** Up to some octets, and one message at least: lengths are known without reading what is long. */
const ROWS = `
SELECT uid, message, flags, mod_seq, size, internal_date, save_date, uidl, thread, uid_validity, upto,
  keys::text AS keys, encode(prepared, 'base64') AS prepared
FROM (${joined('m.keys, m.prepared, sum(octet_length(m.prepared)) OVER (ORDER BY e.uid) AS upto')}) AS joined
WHERE upto - octet_length(prepared) < ${MOST_OCTETS} ORDER BY uid`
const KEYS = joined('m.keys::text AS keys')

async function* keyBatches(db: Database, id: AccountId, mailbox: MailboxId, uids: readonly Uid[]) {
  for (let start = 0; start < uids.length; start += BATCH) {
    const batch = await db.read<Joined>(KEYS, [...keyOf(id, mailbox), uids.slice(start, start + BATCH)])
    if (batch.length > 0) yield batch
  }
}

async function* rowBatches(db: Database, id: AccountId, mailbox: MailboxId, uids: readonly Uid[]) {
  let start = 0
  while (start < uids.length) {
    const batch = await db.read<Joined & { upto: string }>(ROWS, [
      ...keyOf(id, mailbox),
      uids.slice(start, start + BATCH),
    ])
    if (batch.length > 0) yield batch
    const last = batch.at(-1)
    const asked = start + BATCH
    if (!last || Number(last.upto) < MOST_OCTETS) start = asked
    else while (start < asked && (uids[start] ?? last.uid + 1) <= last.uid) start++
  }
}

export async function* rows(
  db: Database,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): AsyncGenerator<readonly MessageRow[]> {
  const account = accountNumber(id)
  for await (const batch of rowBatches(db, id, mailbox, uids)) {
    yield batch.map((row) => ({
      ...indexRow(row),
      emailId: makeEmailId(account, row.message),
      threadId: makeThreadId(account, row.thread),
      saveDate: row.save_date,
      uidl: uidlOf(row.uid_validity, uid(row.uid), row.uidl),
      prepared: decodePrepared(Buffer.from(row.prepared, 'base64'), () => keysFrom(row.keys)),
    }))
  }
}

export async function* keys(
  db: Database,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): AsyncGenerator<readonly KeyRow[]> {
  const account = accountNumber(id)
  for await (const batch of keyBatches(db, id, mailbox, uids)) {
    yield batch.map((row) => ({
      uid: uid(row.uid),
      emailId: makeEmailId(account, row.message),
      threadId: makeThreadId(account, row.thread),
      internalDate: row.internal_date,
      saveDate: row.save_date,
      size: row.size,
      keys: keysFrom(row.keys),
    }))
  }
}

type MaildropText = Readonly<Record<'uids' | 'added', string | null>> & { readonly imported: [number, string][] }
const MAILDROP = `
SELECT string_agg(uid::text, ',') AS uids, string_agg(added::text, ',') AS added,
  coalesce(json_agg(json_build_array(uid, uidl)) FILTER (WHERE uidl <> ''), '[]') AS imported
FROM (SELECT uid, uidl, added FROM mailbox.entries WHERE account = $1 AND mailbox = $2 AND uid > $3 ORDER BY uid) AS ordered`

export async function maildrop(db: Database, id: AccountId, mailbox: MailboxId, above = 0): Promise<MaildropColumns> {
  const [row] = await db.read<MaildropText>(MAILDROP, [...keyOf(id, mailbox), above])
  const numbers = (text: string | null | undefined): Uint32Array =>
    Uint32Array.from((text ?? '').split(',').filter(Boolean).map(Number))
  return { uids: numbers(row?.uids), added: numbers(row?.added), imported: new Map(row?.imported) }
}

/** The server cuts the range, so that a header of a large message costs a header. */
const READ = `
SELECT encode(substring(octets FROM greatest($3 - chunk * ${CHUNK}, 0)::int + 1
  FOR (least($4 - chunk * ${CHUNK}, ${CHUNK}) - greatest($3 - chunk * ${CHUNK}, 0))::int), 'base64') AS octets
FROM mailbox.chunks WHERE account = $1 AND message = $2
  AND chunk >= $3::bigint / ${CHUNK} AND chunk <= greatest($4::bigint - 1, $3::bigint) / ${CHUNK} ORDER BY chunk`

export async function read(
  db: Database,
  id: AccountId,
  email: EmailId,
  start: number,
  end: number,
): Promise<Buffer | undefined> {
  const account = accountNumber(id)
  const pieces = await db.read<{ octets: string }>(READ, [
    account,
    messageNumber(account, email),
    start,
    Math.max(start, end),
  ])
  const [only] = pieces
  if (!only) return undefined
  return pieces.length === 1
    ? Buffer.from(only.octets, 'base64')
    : Buffer.concat(pieces.map(({ octets }) => Buffer.from(octets, 'base64')))
}
