import { notFound } from '../kernel/faults'
import type { WebPorts } from '../ports'
import type { Leases } from './leases'
import type { Principal } from './principal'
import type { Credential } from './sessions'

/** How sessions and tokens end: with each the lock that it holds in this process (leases.ts lets go of it in the others). */
export interface Endings {
  /** @returns whether there was one */
  end(credentialId: string): Promise<boolean>
  /** @param which of the account's */
  endOf(account: string, which: (credential: Credential) => boolean): Promise<void>
  /** One of the own sessions or tokens. Throws 404 for those of others. */
  endOwn(principal: Principal, kind: Credential['kind'], credentialId: string): Promise<void>
}

export function createEndings({ sessions }: Pick<WebPorts, 'sessions'>, leases: Leases): Endings {
  async function end(credentialId: string): Promise<boolean> {
    const was = await sessions.remove(credentialId)
    await leases.releaseAll(credentialId)
    return was
  }
  return {
    end,
    async endOf(account, which) {
      for (const credential of await sessions.list(account)) if (which(credential)) await end(credential.id)
    },
    async endOwn({ account }, kind, credentialId) {
      const credential = await sessions.get(credentialId)
      if (credential?.kind !== kind || credential.account !== account.id) throw notFound(kind)
      await end(credential.id)
    },
  }
}
