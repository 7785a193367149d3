/**
 * What can go wrong, and how it travels:
 * - A client's mistake in the protocol is thrown by what reads it (`BadSyntax`, `Invalid`) and caught where commands begin.
 * - What the world forbids is a `Fault`, returned in a `Result`; each protocol has one switch from `Fault` to its codes.
 * - What cannot be used now (the store, locks, a thread) is thrown as `Unavailable` (errors.ts): temporary in every protocol.
 * - Anything else that is thrown is a bug, and is logged with its stack.
 */
export type Fault =
  | { readonly kind: 'no-such-account' }
  | { readonly kind: 'no-such-mailbox'; readonly tryCreate?: boolean }
  | { readonly kind: 'mailbox-exists' }
  | { readonly kind: 'bad-mailbox-name'; readonly why: string }
  | { readonly kind: 'not-permitted'; readonly why: string }
  /** RFC 4314: the user may see the mailbox, but not do this */
  | { readonly kind: 'no-right' }
  | { readonly kind: 'over-quota' }
  | { readonly kind: 'stored-before' }
  | { readonly kind: 'too-big'; readonly limit: number }
  | { readonly kind: 'limit'; readonly why: string }
  | { readonly kind: 'lease-lost' }
  | { readonly kind: 'message-gone' }
  | { readonly kind: 'unavailable'; readonly why: string }

/** The part of a lock's holder that a refusal may tell (setting `tell_holder`). */
export interface LockHolder {
  readonly protocol: string
  readonly address: string
  /** milliseconds since 1970 */
  readonly since: number
}

export type Result<T, F = Fault> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: F }

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })
export const failed = <F = Fault>(fault: F): { readonly ok: false; readonly fault: F } => ({ ok: false, fault })

/** Ends an exhaustive switch: a new member of the union no longer compiles here. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
