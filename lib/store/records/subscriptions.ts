import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId, MailboxId } from '../../terms/names'
import { NO_COMMIT, type Written } from '../change'
import type { RecordTable, StoredRecord } from './records'

/** Subscribed names (RFC 9051 6.3.7): also of mailboxes that are not there. */
export interface SubscriptionTable {
  /** by octets */
  list(account: AccountId): Promise<readonly string[]>
  /** Faults: no-such-account. */
  set(account: AccountId, name: string, subscribed: boolean): Promise<Result<Written<void>>>
}

/** A driver puts it with the mailbox that is made subscribed, and reads it with the list of mailboxes. */
export const subscriptionRecord = (name: string): StoredRecord => ({ key: name, value: Buffer.alloc(0) })

export const createSubscriptionTable = (
  records: RecordTable,
  mailboxes: { find(account: AccountId, name: string): Promise<{ readonly id: MailboxId } | undefined> },
): SubscriptionTable => ({
  list: (account) => records.keys(account, 'subscription'),
  async set(account, name, subscribed) {
    const changed = await records.change(account, 'subscription', [name], (found) => {
      if (found.has(name) === subscribed) return { value: false }
      return subscribed ? { value: true, put: [subscriptionRecord(name)] } : { value: true, remove: [name] }
    })
    if (changed === undefined) return failed({ kind: 'no-such-account' })
    if (!changed) return ok({ value: undefined, commit: NO_COMMIT })
    const mailbox = (await mailboxes.find(account, name))?.id
    const kind = subscribed ? 'subscribed' : 'unsubscribed'
    return ok({ value: undefined, commit: { ...NO_COMMIT, list: [{ account, kind, mailbox, name }] } })
  },
})
