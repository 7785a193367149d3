import { failed, ok, type Result } from '../../terms/fault'
import { changeFlags, type FlagChange, type FlagSet } from '../../terms/flags'
import type { AccountId, MailboxId } from '../../terms/names'
import { type Fence, type ModSeq, modSeq, type Uid, uid, uidValidity } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import { type Change, type Commit, type MailboxChange, NO_COMMIT, type Written } from '../change'
import { type Delta, loggedUids, nothing, overQuota, quotaOctets, weigh } from '../counting'
import { gapsFrom, toldSince } from '../gaps'
import { accountNumber, mailboxNumber, makeMailboxId } from '../ids'
import { flagsFault, LOG_LENGTH, MAX_UID, TRIM_EVERY } from '../limits'
import { encodePrepared } from '../prepared-codec'
import { markCounts, markKey, markRecord } from '../records/marks'
import type {
  AppendOptions,
  Copied,
  CopyOptions,
  ExpungeOptions,
  FlagLimits,
  FlagsStored,
  NewMessage,
  Usage,
} from '../store'
import { removeBody, writeBody } from './bodies'
import { accountKey, logKey, mailboxKey, messageKey, rowKey } from './keys'
import { type Entry, entriesOf, type Found, stateOf } from './mailbox-records'
import { findRecord, putRecord, sweep } from './records'
import { encodeRow, indexRow, type Row } from './row'
import type { MailboxRecord, Tables } from './tables'
import { forgetThread, threadOf } from './threads'

/** Everything here runs inside one write transaction and checks before it writes. */

export function mailboxOf(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
): (Found & { account: number }) | undefined {
  const account = accountNumber(id)
  const number = mailboxNumber(account, mailbox)
  const record = tables.mailbox(account, number)
  return record && { account, number, record }
}

function addUsage(tables: Tables, account: number, delta: Delta, messages = 0): void {
  const state = stateOf(tables, account)
  if (!state) return
  void tables.states.put(accountKey(account), {
    ...state,
    messages: state.messages + messages,
    usedBytes: state.usedBytes + delta.used,
    usedMessages: state.usedMessages + delta.messages,
  })
}

/** Writes the mailbox's record and its log entry; gives the change that other sessions hear of. */
function commitMailbox(
  tables: Tables,
  id: AccountId,
  found: Found & { account: number },
  delta: Delta,
  changes: readonly Change[],
  uidNext = found.record.uidNext,
): MailboxChange {
  const { account, number, record } = found
  const next = record.modSeq + 1
  const after: MailboxRecord = {
    ...record,
    modSeq: next,
    uidNext,
    messages: record.messages + delta.messages,
    unseen: record.unseen + delta.unseen,
    deleted: record.deleted + delta.deleted,
    size: record.size + delta.size,
  }
  void tables.mailboxes.put(mailboxKey(account, number), after)
  const { added, expunged, flags } = loggedUids(changes)
  void tables.log.put(logKey(account, number, next), { a: added, x: expunged, f: flags })
  if (next % TRIM_EVERY === 0 && next > LOG_LENGTH) {
    const range = { start: logKey(account, number, 0), end: logKey(account, number, next - LOG_LENGTH) }
    for (const old of [...tables.log.getKeys(range)]) void tables.log.remove(old)
  }
  return {
    account: id,
    mailbox: makeMailboxId(account, number),
    after: modSeq(record.modSeq),
    modSeq: modSeq(next),
    changes,
  }
}

/** Takes entries out of a mailbox; a message goes with its last entry. */
export function releaseEntries(tables: Tables, account: number, { number }: Found, entries: readonly Entry[]): Delta {
  const delta = nothing()
  for (const { uid: one, row } of entries) {
    weigh(delta, row.flags, row.size, -1)
    void tables.rows.remove(rowKey(account, number, one))
    const key = messageKey(account, row.message)
    const copies = tables.references.get(key) ?? 0
    if (copies > 1) void tables.references.put(key, copies - 1)
    else if (copies === 1) void tables.references.remove(key)
    else {
      forgetThread(tables, account, row.message)
      void tables.heads.remove(key)
      void tables.prepared.remove(key)
      removeBody(tables, account, row.message, row.size)
    }
  }
  addUsage(tables, account, delta)
  return delta
}

const usageOf = (tables: Tables, account: number): Usage => {
  const state = stateOf(tables, account)
  return { bytes: state?.usedBytes ?? 0, messages: state?.usedMessages ?? 0 }
}

export function append(
  tables: Tables,
  clock: Clock,
  id: AccountId,
  mailbox: MailboxId,
  messages: readonly NewMessage[],
  options?: AppendOptions,
): Result<Written<readonly Uid[]>> {
  const found = mailboxOf(tables, id, mailbox)
  const state = found && stateOf(tables, found.account)
  if (!found || !state) return failed({ kind: 'no-such-mailbox' })
  if (messages.length === 0) return ok({ value: [], commit: NO_COMMIT })
  const { marks = [] } = options ?? {}
  if (marks.some((mark) => markCounts(findRecord(tables, found.account, 'mark', markKey(mark)), mark.at)))
    return failed({ kind: 'stored-before' })
  const bytes = messages.reduce((sum, message) => sum + quotaOctets(message.bytes.length, message.flags), 0)
  if (overQuota(usageOf(tables, found.account), options, bytes, messages.length)) return failed({ kind: 'over-quota' })
  for (const { flags } of messages) {
    const fault = flagsFault(flags)
    if (fault) return failed(fault)
  }
  let uidNext = found.record.uidNext
  if (
    messages.some((message) => message.uid !== undefined && message.uid < uidNext) ||
    uidNext + messages.length > MAX_UID
  ) {
    return failed({ kind: 'limit', why: 'UID out of range' })
  }
  const delta = nothing()
  const rows = messages.map((message, index) => {
    const one = uid(Math.max(uidNext, message.uid ?? 0))
    uidNext = one + 1
    const number = state.messages + 1 + index
    const row: Row = {
      flags: message.flags,
      modSeq: found.record.modSeq + 1,
      size: message.bytes.length,
      internalDate: message.internalDate,
      saveDate: clock.now(),
      message: number,
      uidl: message.uidl ?? '',
      added: message.prepared.structure.added ?? 0,
    }
    const key = messageKey(found.account, number)
    void tables.rows.put(rowKey(found.account, found.number, one), encodeRow(row))
    const thread = threadOf(tables, found.account, number, message.prepared.keys)
    void tables.heads.put(key, { thread, keys: message.prepared.keys })
    void tables.prepared.put(key, encodePrepared(message.prepared))
    writeBody(tables, found.account, number, message.bytes)
    weigh(delta, row.flags, row.size, 1)
    return indexRow(one, row)
  })
  for (const mark of marks) {
    putRecord(tables, found.account, 'mark', markRecord(mark))
    sweep(tables, found.account, 'mark', markKey(mark), mark.at)
  }
  addUsage(tables, found.account, delta, messages.length)
  const change = commitMailbox(tables, id, found, delta, [{ kind: 'added', rows }], uidNext)
  return ok({ value: rows.map((row) => row.uid), commit: { ...NO_COMMIT, mailboxes: [change] } })
}

export function storeFlags(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
  how: FlagChange,
  flags: FlagSet,
  unchangedSince: ModSeq | undefined,
  limits: FlagLimits | undefined,
): Result<Written<FlagsStored>> {
  const found = mailboxOf(tables, id, mailbox)
  if (!found) return failed({ kind: 'no-such-mailbox' })
  const next = found.record.modSeq + 1
  const delta = nothing()
  const modified: Uid[] = []
  const gaps = gapsFrom(found.record.gaps)
  const since = unchangedSince === undefined ? Number.POSITIVE_INFINITY : toldSince(gaps, unchangedSince)
  const entries = entriesOf(tables, found.account, found.number, uids)
  const after = entries.flatMap(({ uid: one, row }) => {
    if (row.modSeq > since) {
      modified.push(one)
      return []
    }
    const changed = changeFlags(row.flags, how, flags)
    return [{ uid: one, before: row, row: changed === row.flags ? row : { ...row, flags: changed, modSeq: next } }]
  })
  for (const { before, row } of after) {
    const fault = flagsFault(row.flags, before.flags)
    if (fault) return failed(fault)
  }
  for (const { before, row } of after) {
    if (row === before) continue
    weigh(delta, before.flags, before.size, -1)
    weigh(delta, row.flags, row.size, 1)
  }
  if (delta.used > 0 && overQuota(usageOf(tables, found.account), limits, delta.used, 0)) {
    return failed({ kind: 'over-quota' })
  }
  if (delta.used !== 0) addUsage(tables, found.account, delta)
  for (const { uid: one, before, row } of after) {
    if (row === before) continue
    void tables.rows.put(rowKey(found.account, found.number, one), encodeRow(row))
  }
  const rows = after.map(({ uid: one, row }) => indexRow(one, row))
  const changed = rows.filter((row) => row.modSeq === next)
  const commit: Commit =
    changed.length === 0
      ? NO_COMMIT
      : { ...NO_COMMIT, mailboxes: [commitMailbox(tables, id, found, delta, [{ kind: 'flags', rows: changed }])] }
  return ok({ value: { modified, rows }, commit })
}

/** The fence check of the mailbox lock, in the same transaction as the deletion it guards. */
function fenceLost(tables: Tables, account: number, fence: Fence | undefined): boolean {
  return fence !== undefined && fence !== (tables.fences.get(accountKey(account)) ?? fence)
}

export function expunge(
  tables: Tables,
  id: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
  { only, fence }: ExpungeOptions,
): Result<Written<readonly Uid[]>> {
  const found = mailboxOf(tables, id, mailbox)
  if (!found) return failed({ kind: 'no-such-mailbox' })
  if (fenceLost(tables, found.account, fence)) return failed({ kind: 'lease-lost' })
  const entries = entriesOf(tables, found.account, found.number, uids)
    .filter(({ row }) => only === 'all' || row.flags.has('\\Deleted'))
    .sort((a, b) => a.uid - b.uid)
  if (entries.length === 0) return ok({ value: [], commit: NO_COMMIT })
  const gone = entries.map((entry) => entry.uid)
  const delta = releaseEntries(tables, found.account, found, entries)
  const change = commitMailbox(tables, id, found, delta, [{ kind: 'expunged', uids: gone }])
  return ok({ value: gone, commit: { ...NO_COMMIT, mailboxes: [change] } })
}

export function replace(
  tables: Tables,
  clock: Clock,
  id: AccountId,
  { from, replaced, to }: { readonly from: MailboxId; readonly replaced: Uid; readonly to: MailboxId },
  message: NewMessage,
  options: AppendOptions | undefined,
): Result<Written<Uid>> {
  const source = mailboxOf(tables, id, from)
  if (!source) return failed({ kind: 'no-such-mailbox' })
  const [old] = entriesOf(tables, source.account, source.number, [replaced])
  if (!old) return failed({ kind: 'message-gone' })
  // RFC 8508 3.4: the number of messages stays, and what does not grow fits.
  const growth = quotaOctets(message.bytes.length, message.flags) - quotaOctets(old.row.size, old.row.flags)
  const limit = options?.quota && { quota: { ...options.quota, messages: 0 } }
  if (growth > 0 && overQuota(usageOf(tables, source.account), limit, growth, 0)) return failed({ kind: 'over-quota' })
  const appended = append(tables, clock, id, to, [message])
  if (!appended.ok)
    return appended.fault.kind === 'no-such-mailbox' ? failed({ ...appended.fault, tryCreate: true }) : appended
  const removed = expunge(tables, id, from, [replaced], { only: 'all' })
  const [uid] = appended.value.value
  if (!removed.ok || uid === undefined) throw new Error('a message that was there cannot be replaced')
  const mailboxes = [...appended.value.commit.mailboxes, ...removed.value.commit.mailboxes]
  return ok({ value: uid, commit: { ...NO_COMMIT, mailboxes } })
}

export type CopyMode =
  | { readonly kind: 'copy'; readonly options?: CopyOptions & AppendOptions }
  | { readonly kind: 'move'; readonly options?: CopyOptions & { readonly fence?: Fence } }

export function copyOrMove(
  tables: Tables,
  clock: Clock,
  id: AccountId,
  from: MailboxId,
  uids: readonly Uid[],
  to: MailboxId,
  mode: CopyMode,
): Result<Written<Copied>> {
  const source = mailboxOf(tables, id, from)
  if (!source) return failed({ kind: 'no-such-mailbox' })
  const target = mailboxOf(tables, id, to)
  if (!target) return failed({ kind: 'no-such-mailbox', tryCreate: true })
  if (mode.kind === 'move' && fenceLost(tables, source.account, mode.options?.fence))
    return failed({ kind: 'lease-lost' })
  const entries = entriesOf(tables, source.account, source.number, uids).sort((a, b) => a.uid - b.uid)
  if (mode.options?.missing === 'refuse' && entries.length < uids.length) return failed({ kind: 'message-gone' })
  const bytes = entries.reduce((sum, { row }) => sum + quotaOctets(row.size, row.flags), 0)
  if (mode.kind === 'copy' && overQuota(usageOf(tables, source.account), mode.options, bytes, entries.length)) {
    return failed({ kind: 'over-quota' })
  }
  if (target.record.uidNext + entries.length > MAX_UID) return failed({ kind: 'limit', why: 'UID out of range' })
  const validity = uidValidity(target.record.uidValidity)
  if (entries.length === 0)
    return ok({ value: { source: [], destination: [], uidValidity: validity }, commit: NO_COMMIT })

  // A move within one mailbox gives new UIDs too (RFC 6851 3.3): first the additions, then the removal, one record at a time.
  const delta = nothing()
  let uidNext = target.record.uidNext
  const rows = entries.map(({ row }) => {
    const one = uid(uidNext++)
    const copy: Row = { ...row, modSeq: target.record.modSeq + 1, saveDate: clock.now(), uidl: '' }
    void tables.rows.put(rowKey(target.account, target.number, one), encodeRow(copy))
    const key = messageKey(target.account, row.message)
    void tables.references.put(key, (tables.references.get(key) ?? 0) + 1)
    weigh(delta, copy.flags, copy.size, 1)
    return indexRow(one, copy)
  })
  addUsage(tables, target.account, delta)
  const mailboxes = [commitMailbox(tables, id, target, delta, [{ kind: 'added', rows }], uidNext)]
  if (mode.kind === 'move') {
    const now = mailboxOf(tables, id, from)
    if (now) {
      const gone = entries.map((entry) => entry.uid)
      const less = releaseEntries(tables, now.account, now, entries)
      mailboxes.push(commitMailbox(tables, id, now, less, [{ kind: 'expunged', uids: gone }]))
    }
  }
  const value = {
    source: entries.map((entry) => entry.uid),
    destination: rows.map((row) => row.uid),
    uidValidity: validity,
  }
  return ok({ value, commit: { ...NO_COMMIT, mailboxes } })
}
