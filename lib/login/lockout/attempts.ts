import type { Bar, Bucket, Who } from './bucket'
import type { AttemptOutcome } from './lockout'

/** Remembers attempts. One driver for the processes of a host, one for several hosts; the policy is lib/login/lockout/lockout.ts. */
export interface AttemptLog {
  readonly driver: string
  /** Whether these are barred now; changes nothing. */
  judge(who: Who, now: number): Promise<Standing>
  /**
   * Judges and learns in one step that no other process can come between: of a thousand attempts at once, those after the
   * limit are barred. Rejects only when the log cannot be written; the login is then unavailable.
   */
  record(who: Who, outcome: AttemptOutcome, now: number): Promise<Recorded>
  /** everything remembered that concerns them, narrowest first */
  buckets(who: Who): Promise<readonly Bucket[]>
  /** bars in force */
  list(now: number): Promise<readonly Bar[]>
  /** Forgets failures and bars: of a user everywhere, of an address with its prefixes, of a user from there, or all. @returns how many records */
  clear(what: { readonly user?: string; readonly address?: string }): Promise<number>
  /** Adds to the audit trail. */
  note(entry: TrailEntry): Promise<void>
  /** newest first */
  trail(filter: TrailFilter): Promise<readonly TrailEntry[]>
  close(): Promise<void>
}

export interface Standing {
  readonly bar: Bar | undefined
  /** this network named too many recipients that nobody has */
  readonly strangers: Bar | undefined
  /** somebody came in from this network (an IPv4 address, an IPv6 /64), whoever that was */
  readonly goodNetwork: boolean
}

export interface Recorded {
  /** in force for this attempt: it is refused whatever it proved */
  readonly bar: Bar | undefined
  readonly counted: boolean
  /** bars that begin now */
  readonly begun: readonly Bar[]
}

/** One attempt in the audit trail; no secret and no hash of one. */
export interface TrailEntry {
  readonly at: number
  readonly user: string
  readonly address: string
  readonly protocol: string
  readonly mechanism: string
  readonly verdict: 'granted' | 'refused' | 'unavailable'
  readonly reason: string
}

export interface TrailFilter {
  readonly user?: string
  readonly address?: string
  readonly limit: number
}
