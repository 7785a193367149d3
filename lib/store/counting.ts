import type { FlagSet } from '../terms/flags'
import type { Uid } from '../terms/numbers'
import type { Change } from './change'
import { FREE_FLAGS } from './limits'
import type { AppendOptions } from './store'
import type { Usage } from './usage'

/** What drivers count alike in a write. */

/** What a mailbox's counters change by. */
export interface Delta {
  messages: number
  unseen: number
  deleted: number
  size: number
  /** what the account's quota changes by, in octets */
  used: number
}
export const nothing = (): Delta => ({ messages: 0, unseen: 0, deleted: 0, size: 0, used: 0 })

/** What a message in a mailbox counts in the quota: its octets, and keywords beyond what programs use. */
export const quotaOctets = (size: number, flags: FlagSet): number => size + Math.max(0, flags.wire.length - FREE_FLAGS)

export function weigh(delta: Delta, flags: FlagSet, size: number, sign: 1 | -1): void {
  delta.messages += sign
  delta.size += sign * size
  delta.used += sign * quotaOctets(size, flags)
  if (!flags.has('\\Seen')) delta.unseen += sign
  if (flags.has('\\Deleted')) delta.deleted += sign
}

export function overQuota(used: Usage, options: AppendOptions | undefined, bytes: number, count: number): boolean {
  const quota = options?.quota
  if (!quota) return false
  return (
    (quota.bytes > 0 && used.bytes + bytes > quota.bytes) ||
    (quota.messages > 0 && used.messages + count > quota.messages)
  )
}

/** A commit as the log of a mailbox remembers it. */
export const loggedUids = (changes: readonly Change[]): Record<Change['kind'], Uid[]> => ({
  added: changes.flatMap((change) => (change.kind === 'added' ? change.rows.map((row) => row.uid) : [])),
  expunged: changes.flatMap((change) => (change.kind === 'expunged' ? change.uids : [])),
  flags: changes.flatMap((change) => (change.kind === 'flags' ? change.rows.map((row) => row.uid) : [])),
})
