import type { Sql } from '../../../engine/sqlite/connection/connection'
import { failed, ok, type Result } from '../../../terms/fault'
import { changeFlags, type FlagChange } from '../../../terms/flags'
import { nothing, overQuota, quotaOctets, weigh } from '../../counting'
import { gapsFrom, toldSince } from '../../gaps'
import { flagsFault } from '../../limits'
import { type EntryRecord, flagsFrom, flagsText } from '../../row-types'
import type { AppendOptions, ExpungeOptions } from '../../store'
import { type Appended, type PackedMessages, putMessages, quotaOf } from './append'
import { binEntries } from './bin-rows'
import { entriesOf, releaseEntries } from './entry-rows'
import { addUsage, boxOf, type Committed, commitBox, committed, type State, stateOf } from './mailbox-rows'

/** What of an entry an index row shows. */
export type ShownEntry = Pick<EntryRecord, 'uid' | 'flags' | 'mod_seq' | 'size' | 'internal_date'>

export interface FlagsWanted {
  readonly uids: readonly number[]
  readonly how: FlagChange
  readonly flags: string
  readonly unchangedSince: number | undefined
  readonly quota: AppendOptions['quota']
}
export interface FlagsWritten {
  readonly modified: readonly number[]
  readonly entries: readonly ShownEntry[]
  /** undefined: nothing changed */
  readonly commit: Committed | undefined
}

export interface Expunged {
  readonly uids: readonly number[]
  readonly commit: Committed | undefined
}

export const usedOf = (state: State | undefined) => ({
  bytes: state?.used_bytes ?? 0,
  messages: state?.used_messages ?? 0,
})

/** The fence check of the mailbox lock, in the same transaction as the deletion it guards. */
export function fenceLost(sql: Sql, account: number, fence: number | undefined): boolean {
  if (fence === undefined) return false
  const highest = stateOf(sql, account)?.fence ?? 0
  return highest !== 0 && fence !== highest
}

export interface Replacement {
  readonly from: number
  readonly uid: number
  readonly to: number
}
export interface Replaced {
  readonly appended: Appended
  readonly expunged: Committed
}

export const messageOperations = (sql: Sql) => ({
  storeFlags(account: number, mailbox: number, wanted: FlagsWanted): Result<FlagsWritten> {
    const box = boxOf(sql, account, mailbox)
    if (!box) return failed({ kind: 'no-such-mailbox' })
    const { how, unchangedSince, quota } = wanted
    const since = unchangedSince === undefined ? undefined : toldSince(gapsFrom(box.gaps), unchangedSince)
    const flags = flagsFrom(wanted.flags)
    const next = box.mod_seq + 1
    const delta = nothing()
    const modified: number[] = []
    const changed: ShownEntry[] = []
    const entries: ShownEntry[] = []
    for (const entry of entriesOf(sql, box, wanted.uids)) {
      if (since !== undefined && entry.mod_seq > since) {
        modified.push(entry.uid)
        continue
      }
      const before = flagsFrom(entry.flags)
      const after = changeFlags(before, how, flags)
      if (after === before) {
        entries.push(entry)
        continue
      }
      const fault = flagsFault(after, before)
      if (fault) return failed(fault)
      weigh(delta, before, entry.size, -1)
      weigh(delta, after, entry.size, 1)
      const now = { ...entry, flags: flagsText(after), mod_seq: next }
      entries.push(now)
      changed.push(now)
    }
    if (changed.length === 0) return ok({ modified, entries, commit: undefined })
    if (delta.used > 0 && overQuota(usedOf(stateOf(sql, account)), { quota }, delta.used, 0)) {
      return failed({ kind: 'over-quota' })
    }
    for (const entry of changed) {
      const text = 'UPDATE entries SET flags = ?, mod_seq = ? WHERE account = ? AND mailbox = ? AND uid = ?'
      sql.run(text, entry.flags, next, account, mailbox, entry.uid)
    }
    addUsage(sql, account, delta)
    const flagged = changed.map(({ uid }) => uid)
    return ok({ modified, entries, commit: committed(box, commitBox(sql, box, { delta, flagged })) })
  },

  expunge(
    account: number,
    mailbox: number,
    wanted: readonly number[],
    { only, fence, bin }: ExpungeOptions,
    now: number,
  ): Result<Expunged> {
    const box = boxOf(sql, account, mailbox)
    if (!box) return failed({ kind: 'no-such-mailbox' })
    if (fenceLost(sql, account, fence)) return failed({ kind: 'lease-lost' })
    const entries = entriesOf(sql, box, wanted).filter(
      ({ flags }) => only === 'all' || flagsFrom(flags).has('\\Deleted'),
    )
    const uids = entries.map(({ uid }) => uid)
    if (uids.length === 0) return ok({ uids, commit: undefined })
    const delta = bin ? binEntries(sql, box, entries, bin, now) : releaseEntries(sql, box, entries)
    addUsage(sql, account, delta)
    return ok({ uids, commit: committed(box, commitBox(sql, box, { delta, expunged: uids })) })
  },

  /** RFC 8508: the new message and the end of the old one. */
  replace(account: number, { from, uid, to }: Replacement, packed: PackedMessages): Result<Replaced> {
    const source = boxOf(sql, account, from)
    const state = source && stateOf(sql, account)
    if (!source || !state) return failed({ kind: 'no-such-mailbox' })
    const target = boxOf(sql, account, to)
    if (!target) return failed({ kind: 'no-such-mailbox', tryCreate: true })
    const old = entriesOf(sql, source, [uid])
    const [replaced] = old
    if (!replaced) return failed({ kind: 'message-gone' })
    // RFC 8508 3.4: the number of messages stays, and what does not grow fits.
    const [before, after] = [quotaOctets(replaced.size, flagsFrom(replaced.flags)), quotaOf(packed)]
    const quota = packed.quota && after > before ? { ...packed.quota, messages: 0 } : undefined
    const used = { ...usedOf(state), bytes: state.used_bytes - before }
    const appended = putMessages(sql, state, target, { ...packed, quota }, used)
    if (!appended.ok) return appended
    const now = from === to ? boxOf(sql, account, from) : source
    if (!now) throw new Error('a mailbox went away in a transaction')
    const delta = releaseEntries(sql, now, old)
    addUsage(sql, account, delta)
    const expunged = committed(now, commitBox(sql, now, { delta, expunged: [uid] }))
    return ok({ appended: appended.value, expunged })
  },

  raiseFence(account: number, fence: number): void {
    sql.run('UPDATE states SET fence = ? WHERE account = ? AND fence < ?', fence, account, fence)
  },
})
