import type { Locks } from '../locks/locks'
import type { Commit, Written } from '../store/change'
import type { MaildropRow, Store } from '../store/store'
import { ok, type Result } from '../terms/fault'
import type { MailboxId } from '../terms/names'
import type { Clock, Log, Metrics } from '../terms/ports'
import type { Filed } from './filed'
import type { CommitHub } from './hub'
import type { KeptColumn } from './kept'
import type { MailboxSettings } from './settings'
import type { Prepare } from './verbs/prepare-message'
import type { States } from './view/states'

/** What the verbs of every account share. */
export interface Parts {
  readonly store: Store
  readonly locks: Locks
  readonly hub: CommitHub
  readonly states: States
  /** what POP3 has read, by mailbox */
  readonly maildrops: (mailbox: MailboxId) => KeptColumn<MaildropRow>
  readonly prepare: Prepare
  /** told of messages that an owner has put elsewhere; must not throw */
  readonly filed: (filed: Filed) => void
  readonly settings: MailboxSettings
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Publishes what was committed, if it was, and hands on the value: every write of this room ends here. */
export function published<T>(hub: { publish(commit: Commit): void }, written: Result<Written<T>>): Result<T> {
  if (!written.ok) return written
  hub.publish(written.value.commit)
  return ok(written.value.value)
}
