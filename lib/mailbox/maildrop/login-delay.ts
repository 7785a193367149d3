import { ok } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { Parts } from '../parts'

/**
 * RFC 2449 6.5 and 8.1.1. The time of the last login is the store's, so that it counts in every process; the caller holds the
 * lock, so that no other login comes between. A login that came too soon starts no new delay, or a client that is too quick
 * would never get mail.
 * @param delay milliseconds; 0: none, and nothing is noted
 * @returns whether this login came too soon
 */
export async function noteLogin({ store, clock }: Parts, account: AccountId, delay: number): Promise<boolean> {
  if (delay === 0) return false
  const now = clock.now()
  const last = (await store.accounts.get(account))?.lastPop3Login
  // A clock that was set back must not lock anybody out.
  if (last !== undefined && now >= last && now - last < delay) return true
  await store.accounts.update(account, () => ok({ lastPop3Login: now }))
  return false
}
