/** Numbers that look alike and must not be mixed up. Each is made here only, and checked once. */

declare const brand: unique symbol
type Brand<Name extends string> = number & { readonly [brand]: Name }

/** Unique identifier of a message in its mailbox, 1..2^32-1 (RFC 9051 2.3.1.1). */
export type Uid = Brand<'Uid'>
/** Message sequence number in one session's view, from 1 (RFC 9051 2.3.1.2). */
export type SeqNum = Brand<'SeqNum'>
/** Fixed at the mailbox's birth, 1..2^32-1 (RFC 9051 2.3.1.1). */
export type UidValidity = Brand<'UidValidity'>
/** Mod-sequence, 0..2^53-1; 0 stands before every change (RFC 7162 3.1). */
export type ModSeq = Brand<'ModSeq'>
/** Number of an exclusive grant of a mailbox lock; it only grows. Microseconds since 1970 or more; fits 2^53. */
export type Fence = Brand<'Fence'>

const MAX_32 = 0xffff_ffff

function whole(what: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new RangeError(`${what} must be a whole number from ${min} to ${max}, not ${value}`)
}

// The only place where a plain number gets its brand.
export const uid = (value: number): Uid => whole('uid', value, 1, MAX_32) as Uid
export const seqNum = (value: number): SeqNum => whole('sequence number', value, 1, MAX_32) as SeqNum
export const uidValidity = (value: number): UidValidity => whole('uidValidity', value, 1, MAX_32) as UidValidity
export const modSeq = (value: number): ModSeq => whole('mod-sequence', value, 0, Number.MAX_SAFE_INTEGER) as ModSeq
export const fence = (value: number): Fence => whole('fence', value, 0, Number.MAX_SAFE_INTEGER) as Fence
