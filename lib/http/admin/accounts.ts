import type { AttemptLog, TrailEntry } from '../../login/lockout/attempts'
import type { LoginPeer } from '../../login/login'
import type { Account } from '../../mailbox/vocabulary'
import { textOf } from '../../terms/errors'
import { accountId } from '../../terms/names'
import { notFound } from '../../web/kernel/faults'
import type { Web } from '../../web/shared'
import type { Principal } from '../../web/who/principal'

/** Throws 404. */
export async function accountById({ room }: Pick<Web, 'room'>, id: string): Promise<Account> {
  const account = await room.accounts.get(accountId(id))
  if (!account) throw notFound('account')
  return account
}

/** Names of accounts by their ids; those that are gone are left out. */
export async function namesOf(
  { room }: Pick<Web, 'room'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const id of new Set(ids)) {
    const account = await room.accounts.get(accountId(id))
    if (account) names.set(id, account.name)
  }
  return names
}

/** What an administrator did. */
interface Deed {
  principal(): Principal
  readonly peer: LoginPeer
}
export type Trail = (by: Deed, user: string, what: string) => Promise<void>

/** Who did what to whom stands in the audit trail. */
export const createTrail =
  ({ clock, log }: Web, attempts: AttemptLog): Trail =>
  async ({ principal, peer }, user, what) => {
    const entry: TrailEntry = {
      ...{ at: clock.now(), user, address: peer.address, protocol: 'http', mechanism: 'ADMIN' },
      verdict: 'granted',
      reason: `${what} by ${principal().account.name}`,
    }
    await attempts.note(entry).catch((error) => log.error(`http: the audit trail cannot be written: ${textOf(error)}`))
  }
