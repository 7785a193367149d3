import type { LoginPeer } from '../../login/login'
import type { Account, AccountChange } from '../../mailbox/vocabulary'
import { Refused, unwrap } from '../../web/kernel/faults'
import { type Of, type object, optional, text } from '../../web/kernel/schema'
import type { Web } from '../../web/shared'
import { whileOpen } from '../../web/who/credentials'
import { assertionShape } from '../../web/who/passkeys/ceremony'
import type { Principal } from '../../web/who/principal'

/** The password, and the second factor of an account that has one. */
export const proof = { password: text(1000), code: optional(text(20)), passkey: optional(assertionShape) }
type Proof = Of<ReturnType<typeof object<typeof proof>>>

/** What changes of the own account begin and end with. */
export function createOwnChanges({ room, login, admit }: Web) {
  return {
    /**
     * The password once more, through the one door. Throws 403.
     * @returns the epoch of the password that was right
     */
    async confirm(peer: LoginPeer, account: Account, password: string): Promise<string | undefined> {
      const answer = await login.attempt(peer, account.name, password)
      // An app password of one program must not make itself the owner.
      if (answer.kind === 'granted' && answer.identity.appPassword === undefined) return answer.identity.epoch
      throw new Refused(403, 'wrong-password', 'The password is not right.')
    },

    /** And the second factor with it. Throws 403. */
    async confirmBoth(peer: LoginPeer, account: Account, { password, code = '', passkey }: Proof): Promise<void> {
      const answer = await admit.attempt(peer, account.name, password, { code, passkey })
      if (answer.kind === 'granted' && answer.identity.appPassword === undefined) return
      throw new Refused(403, 'wrong-password', 'The password or the second factor is not right.')
    },

    /** Throws 403 when the session has ended meanwhile. */
    async change({ account, credential }: Principal, change: AccountChange): Promise<void> {
      unwrap(await room.accounts.update(account.id, whileOpen(credential, change)))
    },
  }
}
