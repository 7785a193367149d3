import type { Scan } from '../../sieve/world'
import type { Mailbox } from '../../store/store'

/** A message that comes to an account, as its rules see it. */
export interface IncomingMail {
  /** empty: the null sender */
  readonly sender: string
  /** the address at RCPT */
  readonly to: string
  /** with its Return-Path and other trace lines */
  readonly octets: Buffer
  readonly scan?: Scan | undefined
  /** separators of a detail in local parts of this domain */
  readonly separators?: string
  /** the account's, read at most once for a message */
  mailboxes(): Promise<readonly Mailbox[]>
}
