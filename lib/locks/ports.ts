import type { Clock, Log, Metrics } from '../terms/ports'
import type { Answer, Question } from './decisions'
import type { EndReason } from './locks'
import type { AccountRecord } from './record'
import type { LockSettings } from './settings'

/** Where records live. */
export interface LockTable {
  /**
   * Decides in one step that no other process comes between; questions of one process in the order in which they were asked.
   * Rejects with `Unavailable` when the table cannot be used.
   */
  decide(account: string, question: Question): Promise<Answer>
  /** Other processes hear of an answer in the same step: nobody has to send it to them. */
  readonly tells?: boolean
  /** as it is now, after what any process has written; throws as `decide` rejects */
  read(account: string): AccountRecord | undefined | Promise<AccountRecord | undefined>
  /** those with holders or waiters */
  list(): Promise<readonly (readonly [string, AccountRecord])[]>
  close(): Promise<void>
}

/** The other processes. */
export interface Peers {
  /** this process's name, unique also after its pid is used again */
  readonly self: string
  /** whether that process still runs and has shown life in time */
  alive(process: string): boolean
  /** Fire and forget: who is gone needs no message. */
  send(process: string, message: PeerMessage): void
  /** Calls back once when that process ends. @returns stop watching */
  watch(process: string, gone: () => void): () => void
  close(): Promise<void>
}

export type PeerMessage =
  | { readonly kind: 'granted'; readonly account: string; readonly id: string }
  | { readonly kind: 'end'; readonly account: string; readonly id: string; readonly reason: EndReason }

export interface EnginePorts {
  readonly driver: string
  readonly table: LockTable
  readonly peers: Peers
  readonly settings: LockSettings
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}
