import type { LockHolder, Result } from '../terms/fault'
import type { Fence } from '../terms/numbers'

/** Who may be in an account's mail now (docs/locks.md). The account is named by its id, as text: locks know nothing of the store. */
export type Access = 'exclusive' | 'shared'
/** `strict`: the table of docs/locks.md. `pop3`: exclusive against exclusive only. `snapshot`: nobody is refused. */
export type LockMode = 'strict' | 'pop3' | 'snapshot'
export type LockProtocol = 'pop3' | 'imap' | 'webmail' | 'admin' | 'api'

export interface LockRequest {
  readonly account: string
  readonly access: Access
  readonly protocol: LockProtocol
  /** client's IP address, and its own name where it gave one (IMAP ID, user agent) */
  readonly address: string
  readonly client?: string
  /** milliseconds to wait before refusing; undefined: the setting for this protocol; 0: not at all */
  readonly wait?: number
  /** per-account overrides of the settings */
  readonly mode?: LockMode
  /** `never`, or milliseconds of idleness after which an exclusive holder may be ended */
  readonly takeover?: 'never' | number
}

/** Who holds (or waits for) what, for operators. */
export interface Holder extends LockHolder {
  readonly id: string
  readonly account: string
  readonly access: Access
  readonly mode: LockMode
  readonly protocol: LockProtocol
  readonly client: string | undefined
  /** milliseconds since 1970 of the last sign of life of the client */
  readonly activeAt: number
  readonly fence: Fence | undefined
  /** process that holds it, `host:pid` */
  readonly process: string
}

export interface AccountLocks {
  readonly account: string
  readonly holders: readonly Holder[]
  readonly waiters: number
}

export type EndReason = 'released' | 'kicked' | 'taken-over' | 'expired' | 'closed'

/** One grant. Its token is inside the driver: nobody else can renew or release it. Renewal is the driver's business. */
export interface Lease {
  readonly id: string
  readonly account: string
  readonly access: Access
  /** only grows; of an exclusive grant undefined is impossible */
  readonly fence: Fence
  /**
   * Aborted (reason: EndReason) when the lease ends by anything but `release`; the session must then end without UPDATE. It may
   * be aborted before the grant is in the caller's hands (a kick): look at `aborted` too.
   */
  readonly lost: AbortSignal
  /** tells the operator's display, and the take-over rule, that the client is alive; costs nothing per call */
  touch(): void
  describe(client: string): void
  /** Idempotent. Never rejects. */
  release(): Promise<void>
}

export type Refusal =
  /** `by` is one of the holders */
  | { readonly kind: 'held'; readonly by: Holder }
  /** the waiting client hung up (signal) */
  | { readonly kind: 'cancelled' }
  /** the driver cannot decide now: temporary error, no new grants */
  | { readonly kind: 'unavailable'; readonly why: string }

/** The shared lock module, at `server.notes.mailbox.locks`. */
export interface Locks {
  readonly driver: string
  /** Waits at most `request.wait` for its turn, in order of arrival. Never rejects. */
  acquire(request: LockRequest, signal?: AbortSignal): Promise<Result<Lease, Refusal>>
  /** Acquires, runs, releases (also when `run` throws). */
  hold<T>(request: LockRequest, run: (lease: Lease) => Promise<T>): Promise<Result<T, Refusal>>
  /** all accounts that have a holder or a waiter, or the one asked for */
  list(account?: string): Promise<readonly AccountLocks[]>
  /** Ends one lease (or all of the account) wherever its process is. @returns how many were ended */
  kick(account: string, leaseId?: string): Promise<number>
  /** Ends all leases of this process and forgets its waiters. */
  close(): Promise<void>
}
