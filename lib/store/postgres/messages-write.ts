import { type Fault, failed, ok, type Result } from '../../terms/fault'
import { changeFlags, type FlagChange, type FlagSet } from '../../terms/flags'
import type { AccountId, MailboxId } from '../../terms/names'
import { type Fence, type ModSeq, modSeq, type Uid, uid, uidValidity } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import { type Change, type MailboxChange, NO_COMMIT, type Written } from '../change'
import { type Delta, loggedUids, nothing, overQuota, quotaOctets, weigh } from '../counting'
import { type Durability, ofExpunge } from '../durability'
import { gapsFrom, logStart, toldSince } from '../gaps'
import { accountNumber, mailboxNumber } from '../ids'
import { flagsFault, LOG_LENGTH, MAX_UID, TRIM_EVERY } from '../limits'
import {
  type AccountRecord,
  type EntryRecord,
  flagsFrom,
  flagsText,
  indexRow,
  type MailboxRecord,
  mailboxIdOf,
} from '../row-types'
import type { AppendOptions, Copied, CopyOptions, ExpungeOptions, FlagLimits, FlagsStored } from '../store'
import { binEntries } from './bin-rows'
import type { Database, Session } from './database'
import { addUsage, COUNT, countByMessage, entriesOf, releaseEntries, removeEntries } from './entries'

export async function trimLog({ query }: Session, box: MailboxRecord, now: number): Promise<void> {
  if (now <= LOG_LENGTH || Math.floor(now / TRIM_EVERY) === Math.floor(box.mod_seq / TRIM_EVERY)) return
  const text = 'DELETE FROM mailbox.changes WHERE account = $1 AND mailbox = $2 AND mod_seq < $3'
  await query(text, [box.account, box.mailbox, logStart(gapsFrom(box.gaps), now)])
}

const COMMIT = `
WITH logged AS (
  INSERT INTO mailbox.changes (account, mailbox, mod_seq, added, expunged, flagged) VALUES ($1, $2, $3, $4, $5, $6)
)
UPDATE mailbox.mailboxes SET mod_seq = $3, uid_next = $7, messages = messages + $8, unseen = unseen + $9,
  deleted = deleted + $10, size = size + $11 WHERE account = $1 AND mailbox = $2`

/** Writes the mailbox's counters and its log entry; gives the change that other sessions hear of. */
export async function commitMailbox(
  session: Session,
  id: AccountId,
  box: MailboxRecord,
  delta: Delta,
  changes: readonly Change[],
  uidNext = box.uid_next,
): Promise<MailboxChange> {
  const next = box.mod_seq + 1
  const { added, expunged, flags } = loggedUids(changes)
  const { messages, unseen, deleted, size } = delta
  await session.query(COMMIT, [
    box.account,
    box.mailbox,
    next,
    added,
    expunged,
    flags,
    uidNext,
    messages,
    unseen,
    deleted,
    size,
  ])
  await trimLog(session, box, next)
  return { account: id, mailbox: mailboxIdOf(box), after: modSeq(box.mod_seq), modSeq: modSeq(next), changes }
}

interface Locked {
  readonly account: AccountRecord
  /** in the order of the ids; undefined: none */
  readonly boxes: readonly (MailboxRecord | undefined)[]
}

export const writeTo = <T>(
  db: Database,
  id: AccountId,
  mailboxes: readonly MailboxId[],
  run: (session: Session, locked: Locked) => Promise<Result<T>>,
  how?: Durability,
): Promise<Result<T>> => {
  const account = accountNumber(id)
  const numbers = mailboxes.map((mailbox) => mailboxNumber(account, mailbox))
  const text = `SELECT * FROM mailbox.mailboxes WHERE account = ${account} AND mailbox IN (${numbers.join(', ')})`
  return db.write(
    account,
    [text],
    async (session, [locked = [], found = []]) => {
      // The columns that were asked for.
      const [owner] = locked as unknown as AccountRecord[]
      const records = found as unknown as MailboxRecord[]
      if (!owner) return failed({ kind: 'no-such-mailbox' })
      return run(session, {
        account: owner,
        boxes: numbers.map((number) => records.find((record) => record.mailbox === number)),
      })
    },
    how,
  )
}

const SET_FLAGS = `
UPDATE mailbox.entries e SET flags = t.flags, mod_seq = $4 FROM unnest($3::bigint[], $5::text[]) AS t(uid, flags)
WHERE e.account = $1 AND e.mailbox = $2 AND e.uid = t.uid`

export const storeFlags = (
  db: Database,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
  how: FlagChange,
  flags: FlagSet,
  unchangedSince?: ModSeq,
  limits?: FlagLimits,
): Promise<Result<Written<FlagsStored>>> =>
  writeTo(
    db,
    id,
    [mailbox],
    async (session, { account, boxes: [box] }) => {
      if (!box) return failed({ kind: 'no-such-mailbox' })
      const entries = await entriesOf(session, box, uids)
      const since = unchangedSince === undefined ? undefined : toldSince(gapsFrom(box.gaps), unchangedSince)
      const isLater = (entry: EntryRecord): boolean => since !== undefined && entry.mod_seq > since
      const modified = entries.filter(isLater).map((entry) => uid(entry.uid))
      const next = box.mod_seq + 1
      const delta = nothing()
      let fault: Fault | undefined
      const rows = entries
        .filter((entry) => !isLater(entry))
        .map((entry) => {
          const before = flagsFrom(entry.flags)
          const after = changeFlags(before, how, flags)
          if (after === before) return indexRow(entry)
          fault ??= flagsFault(after, before)
          weigh(delta, before, entry.size, -1)
          weigh(delta, after, entry.size, 1)
          return indexRow({ ...entry, flags: flagsText(after), mod_seq: next })
        })
      if (fault) return failed(fault)
      const used = { bytes: account.used_bytes, messages: account.used_messages }
      if (delta.used > 0 && overQuota(used, limits, delta.used, 0)) return failed({ kind: 'over-quota' })
      const changed = rows.filter((row) => row.modSeq === next)
      if (changed.length === 0) return ok({ value: { modified, rows }, commit: NO_COMMIT })
      const texts = changed.map((row) => flagsText(row.flags))
      if (delta.used !== 0) await addUsage(session, box.account, delta)
      await session.query(SET_FLAGS, [box.account, box.mailbox, changed.map((row) => row.uid), next, texts])
      const change = await commitMailbox(session, id, box, delta, [{ kind: 'flags', rows: changed }])
      return ok({ value: { modified, rows }, commit: { ...NO_COMMIT, mailboxes: [change] } })
    },
    'visible',
  )

/** The fence check of the mailbox lock, in the same transaction as the deletion it guards. */
const fenceLost = ({ fence: highest }: AccountRecord, fence: Fence | undefined): boolean =>
  fence !== undefined && highest !== 0 && fence !== highest

export const expunge = (
  db: Database,
  clock: Clock,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
  options: ExpungeOptions,
): Promise<Result<Written<readonly Uid[]>>> =>
  writeTo<Written<readonly Uid[]>>(
    db,
    id,
    [mailbox],
    async (session, { account, boxes: [box] }) => {
      if (!box) return failed({ kind: 'no-such-mailbox' })
      const { only, fence, bin } = options
      if (fenceLost(account, fence)) return failed({ kind: 'lease-lost' })
      const entries = (await entriesOf(session, box, uids)).filter(
        ({ flags }) => only === 'all' || flagsFrom(flags).has('\\Deleted'),
      )
      if (entries.length === 0) return ok({ value: [], commit: NO_COMMIT })
      const gone = entries.map((entry) => uid(entry.uid))
      const delta = bin
        ? await binEntries(session, account, box, entries, bin, clock.now())
        : await releaseEntries(session, box, entries)
      const change = await commitMailbox(session, id, box, delta, [{ kind: 'expunged', uids: gone }])
      return ok({ value: gone, commit: { ...NO_COMMIT, mailboxes: [change] } })
    },
    ofExpunge(options),
  )

const COPY = `
INSERT INTO mailbox.entries (account, mailbox, uid, message, flags, mod_seq, size, internal_date, save_date, added)
SELECT $1, $3, t.copy, e.message, e.flags, $6, e.size, e.internal_date, $7, e.added
FROM unnest($4::bigint[], $5::bigint[]) AS t(uid, copy)
JOIN mailbox.entries e ON e.account = $1 AND e.mailbox = $2 AND e.uid = t.uid`

export interface CopyWork {
  readonly from: MailboxRecord
  readonly to: MailboxRecord
  readonly entries: readonly EntryRecord[]
  readonly kind: 'copy' | 'move'
}

export async function copyEntries(
  session: Session,
  clock: Clock,
  id: AccountId,
  { from, to, entries, kind }: CopyWork,
): Promise<Written<Copied>> {
  const validity = uidValidity(to.uid_validity)
  if (entries.length === 0) {
    return { value: { source: [], destination: [], uidValidity: validity }, commit: NO_COMMIT }
  }
  const source = entries.map((entry) => uid(entry.uid))
  const destination = entries.map((_entry, index) => uid(to.uid_next + index))
  const next = to.mod_seq + 1
  await session.query(COPY, [from.account, from.mailbox, to.mailbox, source, destination, next, clock.now()])
  const rows = entries.map((entry, index) => indexRow({ ...entry, uid: to.uid_next + index, mod_seq: next }))
  const delta = nothing()
  for (const row of rows) weigh(delta, row.flags, row.size, 1)
  const uidNext = to.uid_next + entries.length
  const mailboxes = [await commitMailbox(session, id, to, delta, [{ kind: 'added', rows }], uidNext)]
  if (kind === 'copy') {
    await session.query(COUNT, [from.account, ...countByMessage(entries), 1])
    await addUsage(session, from.account, delta)
  } else {
    // A move within one mailbox gives new UIDs too (RFC 6851 3.3): first the additions, then the removal.
    const now = from.mailbox === to.mailbox ? { ...from, mod_seq: next, uid_next: uidNext } : from
    const less = await removeEntries(session, from, entries)
    mailboxes.push(await commitMailbox(session, id, now, less, [{ kind: 'expunged', uids: source }]))
  }
  return { value: { source, destination, uidValidity: validity }, commit: { ...NO_COMMIT, mailboxes } }
}

export type CopyMode = Pick<CopyOptions, 'missing'> &
  ({ readonly kind: 'copy'; readonly options?: AppendOptions } | { readonly kind: 'move'; readonly fence?: Fence })

export const copyOrMove = (
  db: Database,
  clock: Clock,
  id: AccountId,
  from: MailboxId,
  uids: readonly Uid[],
  to: MailboxId,
  mode: CopyMode,
): Promise<Result<Written<Copied>>> =>
  writeTo(db, id, [from, to], async (session, { account, boxes: [source, target] }) => {
    if (!source) return failed({ kind: 'no-such-mailbox' })
    if (!target) return failed({ kind: 'no-such-mailbox', tryCreate: true })
    if (mode.kind === 'move' && fenceLost(account, mode.fence)) return failed({ kind: 'lease-lost' })
    const entries = await entriesOf(session, source, uids)
    if (mode.missing === 'refuse' && entries.length < new Set(uids).size) return failed({ kind: 'message-gone' })
    const bytes = entries.reduce((sum, { size, flags }) => sum + quotaOctets(size, flagsFrom(flags)), 0)
    const used = { bytes: account.used_bytes, messages: account.used_messages }
    if (mode.kind === 'copy' && overQuota(used, mode.options, bytes, entries.length)) {
      return failed({ kind: 'over-quota' })
    }
    if (target.uid_next + entries.length > MAX_UID) return failed({ kind: 'limit', why: 'UID out of range' })
    return ok(await copyEntries(session, clock, id, { from: source, to: target, entries, kind: mode.kind }))
  })
