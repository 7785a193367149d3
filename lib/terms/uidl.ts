import type { Uid } from './numbers'

const hex8 = (value: number): string => value.toString(16).padStart(8, '0')

/**
 * A message's unique id (RFC 1939 7): UIDVALIDITY is never used twice in an account, nor is a UID in it.
 * @param imported what an import brought; empty: derived
 */
export const uidlOf = (uidValidity: number, one: Uid, imported: string): string =>
  imported || hex8(uidValidity) + hex8(one)
