import type { MailboxSettings } from '../../mailbox/settings'
import { quotaOf } from '../../mailbox/verbs/limits'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import { logThrown } from '../../terms/log-thrown'
import type { Log } from '../../terms/ports'
import type { Accepted } from '../mail'
import { fullReply, type Reply, UNAVAILABLE, UNKNOWN } from '../reply'
import { spellDomain } from './address'
import { createRecipients, type RecipientPorts, type Step } from './recipients'

export interface RcptPorts extends Omit<RecipientPorts, 'store'> {
  readonly store: Pick<Store, 'accounts'>
  readonly settings: MailboxSettings
  readonly log: Log
}

/** What RCPT is answered. Never rejects. */
export function createRcpt(ports: RcptPorts, recipients = createRecipients(ports)) {
  const { store, settings, log, isLocalDomain, settingsOf } = ports

  async function isFull(account: Account): Promise<boolean> {
    const limit = quotaOf(account, settings)
    if (limit.bytes === 0 && limit.messages === 0) return false
    const used = await store.accounts.usage(account.id)
    return (limit.bytes > 0 && used.bytes >= limit.bytes) || (limit.messages > 0 && used.messages >= limit.messages)
  }

  /**
   * @param tell told each step of the way
   * @returns undefined: not a domain of ours, and no account or alias of this name
   */
  return async function rcpt(address: string, tell?: (step: Step) => void): Promise<Accepted | Reply | undefined> {
    try {
      const targets = await recipients.resolve(address, tell)
      const domain = spellDomain(address.slice(address.lastIndexOf('@') + 1))
      if (!targets) return isLocalDomain(domain) ? UNKNOWN : undefined
      const { full } = settingsOf(domain)
      // An alias with one full mailbox waits as a whole: nothing is stored twice when it is sent again.
      for (const { account } of targets.local) if (await isFull(account)) return fullReply(full)
      return { address, targets, full }
    } catch (error) {
      logThrown(log, 'recipient check', error)
      return UNAVAILABLE
    }
  }
}
