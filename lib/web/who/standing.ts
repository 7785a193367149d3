import type { Account } from '../../mailbox/vocabulary'
import { accountId } from '../../terms/names'
import type { WebPorts } from '../ports'
import { opens } from './credentials'
import type { Principal } from './principal'
import type { Credential } from './sessions'

/** milliseconds: a session's last use is not written more often */
const TOUCH_EVERY = 1000

/** Who is in. Checked anew each time, so that what is taken away is gone at once. */
export interface Standing {
  expired(credential: Credential): boolean
  /** The account that a credential opens now. */
  accountOf(credential: Credential): Promise<Account | undefined>
  /** Who has this session now, if it is open still. */
  now(credentialId: string): Promise<Principal | undefined>
  /**
   * Who a secret belongs to now.
   * @param active the request was the user's doing, so that the session lives on; false: a live update asked by itself
   */
  principal(secret: string, active: boolean): Promise<Principal | undefined>
}

export function createStanding(ports: Pick<WebPorts, 'room' | 'sessions' | 'settings' | 'clock'>): Standing {
  const { room, sessions, settings, clock } = ports

  function expired({ kind, expiresAt, activeAt, createdAt }: Credential): boolean {
    const now = clock.now()
    if (expiresAt !== undefined && now > expiresAt) return true
    return kind === 'session' && (now - activeAt > settings.idle || now - createdAt > settings.absolute)
  }

  async function accountOf(credential: Credential): Promise<Account | undefined> {
    if (expired(credential)) return undefined
    const account = await room.accounts.get(accountId(credential.account))
    return account && opens(credential, account) ? account : undefined
  }

  return {
    expired,
    accountOf,
    async now(credentialId) {
      const credential = await sessions.get(credentialId)
      const account = credential && (await accountOf(credential))
      return account && { credential, account }
    },
    async principal(secret, active) {
      const credential = await sessions.find(secret)
      if (!credential) return undefined
      const account = await accountOf(credential)
      if (!account) {
        // A token may open again when its account does; a browser logs in again.
        if (credential.kind === 'session' || expired(credential)) await sessions.remove(credential.id)
        return undefined
      }
      const now = clock.now()
      if (active && now - credential.activeAt >= TOUCH_EVERY) {
        await sessions.update(credential.id, { activeAt: now })
        return { account, credential: { ...credential, activeAt: now } }
      }
      return { account, credential }
    },
  }
}
