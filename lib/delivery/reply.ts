import { assertNever, type Fault } from '../terms/fault'

/** An SMTP or LMTP reply about one recipient: reply code, enhanced code (RFC 3463) and text. */
export interface Reply {
  readonly code: number
  readonly enhanced: string
  readonly text: string
}

export const UNKNOWN: Reply = { code: 550, enhanced: '5.1.1', text: 'no such user here' }
export const UNAVAILABLE: Reply = { code: 451, enhanced: '4.3.0', text: 'mail store unavailable, try again later' }
export const LOOP: Reply = { code: 554, enhanced: '5.4.6', text: 'mail forwarding loop' }
export const STORED: Reply = { code: 250, enhanced: '2.0.0', text: 'stored' }
export const STORED_BEFORE: Reply = { code: 250, enhanced: '2.0.0', text: 'stored before' }
const FULL = {
  temporary: { code: 452, enhanced: '4.2.2', text: 'mailbox full' },
  permanent: { code: 552, enhanced: '5.2.2', text: 'mailbox full' },
} as const

export const fullReply = (full: keyof typeof FULL): Reply => FULL[full]
/** RFC 5321 4.5.3.1.5: a line of a reply has 512 octets. */
const REASON = 400
const REFUSED = 'refused by a filter of the recipient'

/**
 * RFC 5429 2.1.1: a reason that is no US-ASCII is replaced where replies are answers of the protocol. Letters without their marks
 * say the same; of other scripts nothing would be left.
 */
export function refusedReply(reason: string): Reply {
  const plain = reason
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[\s\0-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, REASON)
  return { code: 550, enhanced: '5.7.1', text: plain !== '' && /^[\x20-\x7e]+$/.test(plain) ? plain : REFUSED }
}

export const isFailure = (reply: Reply): boolean => reply.code >= 400

/** @param full what a full mailbox of this domain answers */
export function faultReply(fault: Fault, full: keyof typeof FULL): Reply {
  switch (fault.kind) {
    case 'over-quota':
      return FULL[full]
    case 'stored-before':
      return STORED_BEFORE
    case 'too-big':
      return { code: 552, enhanced: '5.3.4', text: `message too big: the limit is ${fault.limit} octets` }
    case 'no-such-account':
      return UNKNOWN
    case 'no-such-mailbox':
    case 'mailbox-exists':
    case 'bad-mailbox-name':
    case 'not-permitted':
    case 'no-right':
    case 'limit':
    case 'lease-lost':
    case 'message-gone':
    case 'unavailable':
      return UNAVAILABLE
    default:
      return assertNever(fault)
  }
}
