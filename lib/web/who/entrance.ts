import type { Refusal } from '../../locks/locks'
import type { LoginPeer } from '../../login/login'
import type { AccountMail } from '../../mailbox/mailbox'
import type { Account } from '../../mailbox/vocabulary'
import { accountId } from '../../terms/names'
import { faultRefusal, notFound, Refused } from '../kernel/faults'
import type { WebPorts } from '../ports'
import type { Leases } from './leases'
import type { Principal } from './principal'

/** How one comes to mail: whose it is, and with the shared lock held. */
export interface Entrance {
  /** Of who logged in, or of the one that an administrator has entered, while both may be so. Throws 404. */
  ownerOf(principal: Principal): Promise<Account>
  /** @param active the request was the user's doing. Throws 404 and 423. */
  enter(principal: Principal, from: Caller, active: boolean): Promise<AccountMail>
}
interface Caller {
  readonly peer: LoginPeer
  readonly userAgent: string
}

type Ports = Pick<WebPorts, 'room' | 'settings' | 'clock' | 'tellHolder'>

export function createEntrance({ room, settings, clock, tellHolder }: Ports, leases: Leases): Entrance {
  function lockRefusal(account: string, refusal: Refusal): Refused {
    const { status, code, message } = faultRefusal(refusal)
    if (refusal.kind !== 'held') return new Refused(status, code, message)
    const { id, protocol, since, address, client } = refusal.by
    const seen = tellHolder === 'no' ? {} : { protocol, since }
    const more = tellHolder === 'address' ? { address, client } : {}
    return new Refused(status, code, message, { holder: { id, account, ...seen, ...more } })
  }

  async function ownerOf({ account, credential }: Principal): Promise<Account> {
    if (!credential.entered) return account
    const mayEnter = settings.adminEnter && account.admin
    const owner = mayEnter ? await room.accounts.get(accountId(credential.entered)) : undefined
    if (owner) return owner
    throw notFound('account')
  }

  return {
    ownerOf,
    async enter(principal, { peer, userAgent }, active) {
      const { credential } = principal
      const { id, name, overrides, admin } = await ownerOf(principal)
      const protocol = credential.entered ? 'admin' : credential.kind === 'token' ? 'api' : 'webmail'
      const mail = room.account({ id, name, overrides, admin }, () => ({
        ...{ protocol, address: peer.address, client: userAgent, connection: credential.id },
        ...(credential.entered && { administrator: principal.account.name }),
      }))
      const idle = credential.kind === 'session' && clock.now() - credential.activeAt > settings.lockIdle
      // A tab that nobody looks at must not take the lock by itself.
      if (!active && idle) throw new Refused(423, 'paused', 'Paused: nobody has used this page for a while.')
      const lease = await leases.hold(credential, mail, { protocol, address: peer.address, client: userAgent })
      if (!lease.ok) throw lockRefusal(id, lease.fault)
      await room.ensureSpecialUse(mail.id)
      return mail
    },
  }
}
