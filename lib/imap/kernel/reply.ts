import type { Refusal } from '../../locks/locks'
import { holderText, type TellHolder } from '../../locks/refusal'
import { assertNever, type Fault } from '../../terms/fault'

/** The end of a command. */
export type Reply =
  | { readonly kind: 'ok'; readonly code?: string; readonly text: string }
  | { readonly kind: 'no'; readonly code?: string; readonly text: string }
  | { readonly kind: 'bad'; readonly code?: string; readonly text: string }

/** Whether it is the end of a command, and not what would let it go on. */
export const isReply = (value: Reply | { readonly kind: string }): value is Reply =>
  value.kind === 'ok' || value.kind === 'no' || value.kind === 'bad'

export const done = (text: string, code?: string): Reply => ({ kind: 'ok', text, ...(code !== undefined && { code }) })
export const no = (text: string, code?: string): Reply => ({ kind: 'no', text, ...(code !== undefined && { code }) })
export const bad = (text: string, code?: string): Reply => ({ kind: 'bad', text, ...(code !== undefined && { code }) })

/** The tagged OK went out already: behind it the octets are others (STARTTLS, COMPRESS). */
export const ANSWERED: Reply = { kind: 'ok', text: '' }

const EXPUNGED = 'Some messages were expunged by another session'
/** RFC 5530 3, RFC 2180 4: nothing was done. */
export const expungedReply = (): Reply => no(EXPUNGED, 'EXPUNGEISSUED')
/** RFC 9051 7.1: the others were served. NO would be shown to people as an alarm. */
export const partlyExpungedReply = (): Reply => done(EXPUNGED, 'EXPUNGEISSUED')

/** One switch from what the world can do wrong to response codes (RFC 9051 7.1, RFC 5530, RFC 9208). */
export function faultReply(fault: Fault | Refusal, tell: TellHolder): Reply {
  switch (fault.kind) {
    case 'held':
      return no(`Mailbox locked${holderText(fault.by, tell)}`, 'INUSE')
    case 'cancelled':
    case 'unavailable':
    case 'stored-before':
      return no('Not available now, try again later', 'UNAVAILABLE')
    case 'no-such-account':
      return no('There is no such account', 'NONEXISTENT')
    case 'no-such-mailbox':
      return no('There is no such mailbox', fault.tryCreate ? 'TRYCREATE' : 'NONEXISTENT')
    case 'mailbox-exists':
      return no('There is a mailbox with this name already', 'ALREADYEXISTS')
    case 'bad-mailbox-name':
      return no(`This mailbox name cannot be used: ${fault.why}`, 'CANNOT')
    case 'not-permitted':
      return no(`Not permitted: ${fault.why}`, 'CANNOT')
    case 'no-right':
      return no('You have no right to do this', 'NOPERM')
    case 'over-quota':
      return no('Over quota', 'OVERQUOTA')
    case 'too-big':
      return no(`Too big: the limit is ${fault.limit} octets`, 'TOOBIG')
    case 'limit':
      return no(fault.why, 'LIMIT')
    case 'lease-lost':
      return no('The lock on this mailbox was lost', 'INUSE')
    case 'message-gone':
      return expungedReply()
    default:
      return assertNever(fault)
  }
}
