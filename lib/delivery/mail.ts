import type { Scan } from '../sieve/world'
import type { Targets } from './recipients/recipients'
import type { Reply } from './reply'

/** A message that came in, as the delivery takes it from SMTP, LMTP or webmail. */
export interface Mail {
  /** reverse-path without brackets; empty: the null sender */
  readonly sender: string
  /** trace lines that go above the message, each with its CRLF; for the recipient when there is one only (RFC 5321 7.2) */
  received(recipient: string | undefined): string
  /** the message in pieces, CRLF lines, dots unstuffed */
  readonly octets: readonly Buffer[]
  /** a scanner found spam: it goes into Junk where the owner's rules do not say otherwise */
  readonly spam?: boolean
  /** what scanners found, for rules; undefined: not known */
  readonly scan?: Scan | undefined
  /** what follows may fail, and the client then sends it again though copies are stored: those are not stored twice */
  readonly mayComeAgain?: boolean
}

/** A recipient that was accepted at RCPT. */
export interface Accepted {
  /** as it was given */
  readonly address: string
  readonly targets: Targets
  readonly full: 'temporary' | 'permanent'
}

export const isReply = (answer: Accepted | Reply): answer is Reply => 'code' in answer

/** Octets of a large message: its copies are written one after another. */
export const LARGE = 1024 * 1024
