import type { IndexRow, MailboxChange } from '../../store/change'
import type { Snapshot } from '../../store/store'
import { assertNever } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { ModSeq, Uid } from '../../terms/numbers'
import { type Columns, createColumns } from './columns'

/**
 * What one change did to the columns. Entries form a chain from old to new; a view remembers the last one it has told its
 * client, so the garbage collector drops every entry that all views have passed.
 */
export interface JournalEntry {
  readonly serial: number
  /** the mailbox's mod-sequence before and after */
  readonly after: ModSeq
  readonly modSeq: ModSeq
  /** several commits at once, from catching up with the store */
  readonly merged: boolean
  /** as they were, ascending */
  readonly removed: readonly IndexRow[]
  readonly flagged: readonly Uid[]
  next: JournalEntry | undefined
}

export const firstEntry = (at: ModSeq): JournalEntry => ({
  serial: 0,
  after: at,
  modSeq: at,
  merged: false,
  removed: [],
  flagged: [],
  next: undefined,
})

/** Changes the columns and appends to the chain. @returns the new end of the chain */
export function applyChange(columns: Columns, tail: JournalEntry, change: MailboxChange): JournalEntry {
  let removed: readonly IndexRow[] = []
  let flagged: readonly Uid[] = []
  for (const part of change.changes) {
    switch (part.kind) {
      case 'added':
        columns.append(part.rows)
        break
      case 'expunged':
        removed = removed.concat(columns.remove(part.uids))
        break
      case 'flags':
        flagged = flagged.concat(part.rows.filter((row) => columns.setFlags(row)).map((row) => row.uid))
        break
      default:
        return assertNever(part)
    }
  }
  const merged = change.modSeq - change.after > 1
  const entry = { serial: tail.serial + 1, after: change.after, modSeq: change.modSeq, merged, removed, flagged }
  tail.next = { ...entry, next: undefined }
  return tail.next
}

/**
 * Whether messages that were expunged are there again: a crash took back that they went.
 * @param uidNext UIDs below it were given when the columns were what they are
 */
export function cameBack(columns: Columns, newer: Snapshot, uidNext: number): boolean {
  return newer.uids.some((uid) => uid < uidNext && columns.positionOf(uid) < 0)
}

/** The change that leads from the columns to a newer snapshot: the way out when the store's log no longer reaches back. */
export function difference(account: AccountId, columns: Columns, after: ModSeq, newer: Snapshot): MailboxChange {
  const fresh = createColumns(newer)
  const expunged: Uid[] = []
  for (let at = 0; at < columns.length; at++) {
    if (fresh.positionOf(columns.uidAt(at)) < 0) expunged.push(columns.uidAt(at))
  }
  const added: IndexRow[] = []
  const flags: IndexRow[] = []
  for (let at = 0; at < fresh.length; at++) {
    const before = columns.positionOf(fresh.uidAt(at))
    if (before < 0) added.push(fresh.rowAt(at))
    else if (columns.modSeqAt(before) !== fresh.modSeqAt(at)) flags.push(fresh.rowAt(at))
  }
  return {
    account,
    mailbox: newer.mailbox.id,
    after,
    modSeq: newer.mailbox.highestModSeq,
    changes: [
      { kind: 'expunged', uids: expunged },
      { kind: 'flags', rows: flags },
      { kind: 'added', rows: added },
    ],
  }
}
