import type { Refusal } from '../../locks/locks'
import { assertNever, type Fault, type Result } from '../../terms/fault'

/** An answer that is no success; thrown by a route, caught where answers are written. */
export class Refused extends Error {
  override readonly name = 'Refused'
  constructor(
    readonly status: number,
    /** stable word for programs */
    readonly code: string,
    message: string,
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }
}

const refuse = (status: number, code: string, message: string): Refused => new Refused(status, code, message)

/** One body for everything that is wrong with a login (docs/login.md#what-a-client-hears). */
export const unauthorized = (): Refused => refuse(401, 'unauthorized', 'Authentication failed.')
export const unavailable = (): Refused => refuse(503, 'unavailable', 'Not available now, try again later.')
export const notFound = (what: string): Refused => refuse(404, 'not-found', `There is no such ${what}.`)

/** The one switch from what the world can do wrong to a status. */
export function faultRefusal(fault: Fault | Refusal): Refused {
  switch (fault.kind) {
    case 'held':
      return refuse(423, 'locked', 'The mailbox is in use.')
    case 'cancelled':
    case 'unavailable':
    case 'stored-before':
      return unavailable()
    case 'no-such-account':
      return notFound('account')
    case 'no-such-mailbox':
      return notFound('mailbox')
    case 'message-gone':
      return notFound('message')
    case 'mailbox-exists':
      return refuse(409, 'exists', 'There is a mailbox with this name already.')
    case 'bad-mailbox-name':
      return refuse(422, 'bad-name', `This name cannot be used: ${fault.why}.`)
    case 'not-permitted':
      return refuse(403, 'not-permitted', `Not permitted: ${fault.why}.`)
    case 'no-right':
      return refuse(403, 'no-right', 'You have no right to do this.')
    case 'over-quota':
      return refuse(507, 'over-quota', 'The mailbox is full.')
    case 'too-big':
      return refuse(413, 'too-big', `The message is over the limit of ${fault.limit} octets.`)
    case 'limit':
      return refuse(409, 'limit', `A limit is reached: ${fault.why}.`)
    case 'lease-lost':
      return refuse(423, 'lease-lost', 'The mailbox is needed elsewhere.')
    default:
      return assertNever(fault)
  }
}

/** The value, or throws the refusal. */
export function unwrap<T>(result: Result<T, Fault | Refusal>): T {
  if (result.ok) return result.value
  throw faultRefusal(result.fault)
}
