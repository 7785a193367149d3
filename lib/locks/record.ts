import type { Access, LockMode, LockProtocol } from './locks'

/** What is known of one account's lock, by every process: plain values. */
export interface AccountRecord {
  /** number of the last grant that changed hands; it only grows */
  fence: number
  /** what that grant was: shared grants side by side have one fence */
  lastAccess: Access
  holders: HolderRecord[]
  waiters: WaiterRecord[]
}

export interface ClaimRecord {
  readonly id: string
  readonly process: string
  readonly access: Access
  readonly mode: LockMode
  readonly protocol: LockProtocol
  readonly address: string
  readonly client: string | undefined
}
export interface HolderRecord extends ClaimRecord {
  readonly since: number
  readonly activeAt: number
  readonly fence: number
}
export interface WaiterRecord extends ClaimRecord {
  readonly takeover: 'never' | number
}

export const emptyRecord = (): AccountRecord => ({ fence: 0, lastAccess: 'shared', holders: [], waiters: [] })

/** The matrix of docs/locks.md. The mode of the newcomer decides. */
export function conflicts(claim: Pick<ClaimRecord, 'access' | 'mode'>, holder: Pick<ClaimRecord, 'access'>): boolean {
  switch (claim.mode) {
    case 'strict':
      return claim.access === 'exclusive' || holder.access === 'exclusive'
    case 'pop3':
      return claim.access === 'exclusive' && holder.access === 'exclusive'
    case 'snapshot':
      return false
  }
}

export const obstacle = (record: AccountRecord, claim: ClaimRecord): HolderRecord | undefined =>
  record.holders.find((holder) => conflicts(claim, holder))

/**
 * Fences grow also when the record was lost: they are microseconds of the clock unless the last one was higher. A shared
 * grant after an exclusive one gets a new fence, so that the store can be told that the exclusive one is over.
 */
function nextFence(record: AccountRecord, access: Access, now: number): number {
  if (access === 'shared' && record.lastAccess === 'shared' && record.fence > 0) return record.fence
  return Math.max(record.fence + 1, now * 1000)
}

export function grant(record: AccountRecord, claim: ClaimRecord, now: number): HolderRecord {
  const fence = nextFence(record, claim.access, now)
  const { id, process, access, mode, protocol, address, client } = claim
  const holder: HolderRecord = {
    id,
    process,
    access,
    mode,
    protocol,
    address,
    client,
    since: now,
    activeAt: now,
    fence,
  }
  record.fence = fence
  record.lastAccess = access
  record.holders.push(holder)
  return holder
}

/**
 * Grants what can be granted now, in order of arrival: every waiter that no holder and no earlier waiter of its kind is before.
 * Those of dead processes leave the queue.
 */
export function grantWaiters(record: AccountRecord, now: number, alive: (process: string) => boolean): HolderRecord[] {
  const granted: HolderRecord[] = []
  const still: WaiterRecord[] = []
  for (const waiter of record.waiters) {
    const behind = waiter.access === 'exclusive' && still.some((earlier) => conflicts(waiter, earlier))
    if (behind || obstacle(record, waiter)) still.push(waiter)
    else if (alive(waiter.process)) granted.push(grant(record, waiter, now))
  }
  record.waiters = still
  return granted
}

/** Takes out everything of processes that are gone. @returns holders that were taken out */
export function purge(record: AccountRecord, alive: (process: string) => boolean): HolderRecord[] {
  const dead = record.holders.filter((holder) => !alive(holder.process))
  record.holders = record.holders.filter((holder) => alive(holder.process))
  record.waiters = record.waiters.filter((waiter) => alive(waiter.process))
  return dead
}
