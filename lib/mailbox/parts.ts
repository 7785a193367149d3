import type { Locks } from '../locks/locks'
import type { Commit, Written } from '../store/change'
import type { MaildropColumns, Store } from '../store/store'
import { ok, type Result } from '../terms/fault'
import type { Clock, Log, Metrics } from '../terms/ports'
import type { MailDeed } from './deeds/deed'
import type { Filed } from './filed'
import type { CommitHub } from './hub'
import type { MailboxSettings } from './settings'
import type { Prepare } from './verbs/prepare-message'
import type { MailboxState } from './view/state'
import type { States } from './view/states'

/** What the verbs of every account share. */
export interface Parts {
  readonly store: Store
  readonly locks: Locks
  readonly hub: CommitHub
  readonly states: States
  /** what POP3 has read of a mailbox, kept as long as its state is */
  readonly maildrops: WeakMap<MailboxState, MaildropColumns>
  readonly prepare: Prepare
  /** told of messages that an owner has put elsewhere; must not throw */
  readonly filed: (filed: Filed) => void
  /** told of mail that somebody has removed or moved; must not throw */
  readonly did: (deed: MailDeed) => void
  /** whether it is told once more that this guest has opened this mailbox */
  readonly tellsOpened: (guestAndMailbox: string) => boolean
  readonly settings: MailboxSettings
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Tells what an account's user does. @param to where messages went; nothing: they are gone */
export type Did = (what: MailDeed['what'], mailbox: string, messages: number, to?: string) => void

/** Publishes what was committed, if it was, and hands on the value: every write of this room ends here. */
export function published<T>(hub: { publish(commit: Commit): void }, written: Result<Written<T>>): Result<T> {
  if (!written.ok) return written
  hub.publish(written.value.commit)
  return ok(written.value.value)
}
