import type { RecordKind } from './records/records'
import type { ExpungeOptions } from './store'

/**
 * When a write is answered: when it is on the disk, or when everybody sees it; then it is on the disk within a second
 * (docs/durability.md). `visible` are flags, \Recent, subscriptions, the last use of app passwords, and the end of what carries
 * \Deleted, unless `flags_durable` is set: never what a sender, a client or an administrator was promised to be kept.
 */
export type Durability = 'durable' | 'visible'

/** POP3's QUIT removes what it was told to, or comes with a fence: a client has taken that mail. */
export const ofExpunge = ({ only, fence }: ExpungeOptions): Durability =>
  only === 'deleted' && fence === undefined ? 'visible' : 'durable'

export const ofRecord = (kind: RecordKind): Durability =>
  kind === 'subscription' || kind === 'use' ? 'visible' : 'durable'
