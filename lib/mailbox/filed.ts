import type { Mailbox } from '../store/store'
import type { AccountId } from '../terms/names'
import type { Uid } from '../terms/numbers'

/** Messages that were moved or copied by their owner. */
export interface Filed {
  readonly account: AccountId
  readonly from: Mailbox
  readonly to: Mailbox
  /** in `to` */
  readonly uids: readonly Uid[]
}
