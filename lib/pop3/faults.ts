import type { Refusal } from '../locks/locks'
import { holderText } from '../locks/refusal'
import type { TooSoon } from '../mailbox/mailbox'
import { assertNever, type Fault } from '../terms/fault'
import type { Session } from './command'

/** RFC 2449 8 and RFC 3206 for the codes (docs/pop3.md). Capacity never says [AUTH]: clients would disable the account. */
export function refuse(session: Session, fault: Refusal | Fault | TooSoon): void {
  const { tellHolder, settings } = session.ports
  switch (fault.kind) {
    case 'held':
      return session.err('Mailbox Locked{}', 'IN-USE', holderText(fault.by, tellHolder))
    case 'too-soon':
      return session.err('wait {} seconds between logins', 'LOGIN-DELAY', Math.ceil(settings.loginDelay / 1000))
    case 'limit':
      return session.err('Too many sessions', 'SYS/TEMP')
    case 'no-such-account':
    case 'no-such-mailbox':
      return session.err('There is no such mailbox', 'SYS/PERM')
    case 'unavailable':
    case 'cancelled':
    case 'mailbox-exists':
    case 'bad-mailbox-name':
    case 'not-permitted':
    case 'no-right':
    case 'over-quota':
    case 'stored-before':
    case 'too-big':
    case 'lease-lost':
    case 'message-gone':
      return session.err('Mailbox not available now, try again later', 'SYS/TEMP')
    default:
      return assertNever(fault)
  }
}
