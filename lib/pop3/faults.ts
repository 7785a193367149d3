import type { Refusal } from '../locks/locks'
import { holderText, type TellHolder } from '../locks/refusal'
import { assertNever, type Fault } from '../terms/fault'

/** DESIGN's table of replies, and RFC 2449 8 / RFC 3206 for the codes. Capacity never says [AUTH]: clients would disable the account. */
export function refusalText(fault: Refusal | Fault, tell: TellHolder): string {
  switch (fault.kind) {
    case 'held':
    case 'locked':
      return `-ERR [IN-USE] Mailbox Locked${holderText(fault.by, tell)}`
    case 'limit':
      return `-ERR [SYS/TEMP] ${fault.why}`
    case 'unavailable':
    case 'cancelled':
      return '-ERR [SYS/TEMP] Mailbox not available now, try again later'
    case 'no-such-account':
    case 'no-such-mailbox':
      return '-ERR [SYS/PERM] There is no such mailbox'
    case 'mailbox-exists':
    case 'bad-mailbox-name':
    case 'not-permitted':
    case 'over-quota':
    case 'too-big':
    case 'read-only':
    case 'lease-lost':
    case 'message-gone':
      return '-ERR [SYS/TEMP] Mailbox not available now, try again later'
    default:
      return assertNever(fault)
  }
}
