import type { MailRoom } from '../mailbox/mailbox'
import type { MailboxSettings } from '../mailbox/settings'
import type { Store } from '../store/store'
import type { Clock, Log } from '../terms/ports'
import type { Forward } from './forward'
import type { DeliveryLog } from './log/log'
import type { RecipientPorts } from './recipients/recipients'
import type { Rules } from './rules/rules'

/** What the delivery works with. */
export interface DeliveryPorts extends Omit<RecipientPorts, 'store'> {
  readonly store: Store
  readonly room: MailRoom
  readonly settings: MailboxSettings
  readonly clock: Clock
  readonly log: Log
  /** Sieve scripts of the accounts; undefined: there are none */
  readonly rules?: (Pick<Rules, 'decide'> & Partial<Pick<Rules, 'remember'>>) | undefined
  /** whether what a scanner marked in the header goes into Junk */
  readonly junkByHeader?: boolean
  /** milliseconds in which a message that an account has already is not stored again; undefined or 0: it is */
  readonly duplicates?: number
  /** told what became of each recipient; undefined: nobody asks */
  readonly deliveries?: Pick<DeliveryLog, 'note'> | undefined
  readonly forward: Forward
}
