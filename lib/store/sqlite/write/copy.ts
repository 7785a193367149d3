import type { Sql } from '../../../engine/sqlite/connection/connection'
import { failed, ok, type Result } from '../../../terms/fault'
import { nothing, overQuota, quotaOctets, weigh } from '../../counting'
import { MAX_UID } from '../../limits'
import { type EntryRecord, flagsFrom, type MailboxRecord } from '../../row-types'
import type { AppendOptions, CopyOptions } from '../../store'
import { messageKey } from '../rows'
import { entriesOf, putEntry, removeEntries } from './entry-rows'
import { addUsage, boxOf, type Committed, commitBox, committed, stateOf } from './mailbox-rows'
import { addCopy } from './message-rows'
import { fenceLost, type ShownEntry, usedOf } from './messages'

export type CopyWanted = Pick<CopyOptions, 'missing'> & {
  readonly kind: 'copy' | 'move'
  readonly from: number
  readonly to: number
  readonly uids: readonly number[]
  readonly quota?: AppendOptions['quota']
  readonly fence?: number | undefined
  /** milliseconds since 1970 */
  readonly now: number
}
export interface CopiedEntries {
  readonly source: readonly number[]
  readonly uidValidity: number
  /** as they are in the target, in the order of `source` */
  readonly entries: readonly ShownEntry[]
  /** of the target, then of the source of a move */
  readonly commits: readonly Committed[]
}

/** @param to has room for them */
export function copyEntries(
  sql: Sql,
  { from, to, kind, now }: { from: MailboxRecord; to: MailboxRecord; kind: CopyWanted['kind']; now: number },
  found: readonly EntryRecord[],
): CopiedEntries {
  const source = found.map(({ uid }) => uid)
  if (source.length === 0) return { source, uidValidity: to.uid_validity, entries: [], commits: [] }
  const delta = nothing()
  const entries = found.map((entry, index) => {
    const copy = { ...entry, uid: to.uid_next + index, mod_seq: to.mod_seq + 1, save_date: now, uidl: '' }
    putEntry(sql, to, copy)
    weigh(delta, flagsFrom(entry.flags), entry.size, 1)
    return copy
  })
  const added = entries.map(({ uid }) => uid)
  const target = commitBox(sql, to, { delta, uidNext: to.uid_next + added.length, added })
  const commits = [committed(to, target)]
  if (kind === 'copy') {
    for (const { message } of found) addCopy(sql, messageKey(from.account, message))
    addUsage(sql, from.account, delta)
  } else {
    // A move within one mailbox gives new UIDs too (RFC 6851 3.3): first the additions, then the removal.
    const before = from.mailbox === to.mailbox ? target : from
    const less = removeEntries(sql, before, found)
    commits.push(committed(before, commitBox(sql, before, { delta: less, expunged: source })))
  }
  return { source, uidValidity: to.uid_validity, entries, commits }
}

export const copyOperations = (sql: Sql) => ({
  copyOrMove(account: number, wanted: CopyWanted): Result<CopiedEntries> {
    const { kind, uids, now, missing } = wanted
    const from = boxOf(sql, account, wanted.from)
    if (!from) return failed({ kind: 'no-such-mailbox' })
    const to = boxOf(sql, account, wanted.to)
    if (!to) return failed({ kind: 'no-such-mailbox', tryCreate: true })
    if (fenceLost(sql, account, wanted.fence)) return failed({ kind: 'lease-lost' })
    const found = entriesOf(sql, from, uids)
    if (missing === 'refuse' && found.length < new Set(uids).size) return failed({ kind: 'message-gone' })
    const { quota } = wanted
    if (quota) {
      const bytes = found.reduce((sum, { size, flags }) => sum + quotaOctets(size, flagsFrom(flags)), 0)
      if (overQuota(usedOf(stateOf(sql, account)), { quota }, bytes, found.length)) {
        return failed({ kind: 'over-quota' })
      }
    }
    if (to.uid_next + found.length > MAX_UID) return failed({ kind: 'limit', why: 'UID out of range' })
    return ok(copyEntries(sql, { from, to, kind, now }, found))
  },
})
