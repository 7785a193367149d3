import { sessionLine } from '../../login/session-line'
import { accountId } from '../../terms/names'
import { notFound } from '../kernel/faults'
import type { WebPorts } from '../ports'
import type { Leases } from './leases'
import type { Principal } from './principal'
import type { Credential } from './sessions'

/** How sessions and tokens end: with each the lock that it holds in this process (leases.ts lets go of it in the others). */
export interface Endings {
  /**
   * @param why for the log: `logout` where its own user ends it
   * @returns whether there was one
   */
  end(credentialId: string, why?: string): Promise<boolean>
  /** @param which of the account's */
  endOf(account: string, which: (credential: Credential) => boolean): Promise<void>
  /** One of the own sessions or tokens. Throws 404 for those of others. */
  endOwn(principal: Principal, kind: Credential['kind'], credentialId: string): Promise<void>
}

export function createEndings(
  { sessions, room, clock, log }: Pick<WebPorts, 'sessions' | 'room' | 'clock' | 'log'>,
  leases: Leases,
): Endings {
  async function tell({ id, kind, account, address, label, createdAt }: Credential, why: string): Promise<void> {
    const owner = await room.accounts.get(accountId(account)).catch(() => undefined)
    log.info(
      sessionLine({
        ...{ protocol: kind === 'token' ? 'api' : 'webmail', user: owner?.name ?? '', address, client: label },
        ...{ milliseconds: clock.now() - createdAt, counts: {}, end: why, connection: id },
      }),
    )
  }

  async function end(credentialId: string, why = 'logout'): Promise<boolean> {
    const credential = await sessions.get(credentialId)
    const was = await sessions.remove(credentialId)
    await leases.releaseAll(credentialId)
    if (was && credential) await tell(credential, why)
    return was
  }
  return {
    end,
    async endOf(account, which) {
      for (const credential of await sessions.list(account)) if (which(credential)) await end(credential.id, 'ended')
    },
    async endOwn({ account }, kind, credentialId) {
      const credential = await sessions.get(credentialId)
      if (credential?.kind !== kind || credential.account !== account.id) throw notFound(kind)
      await end(credential.id, 'ended')
    },
  }
}
