import type { Fault } from '../terms/fault'
import { type FlagSet, flagSet, publicFlags } from '../terms/flags'

/** Limits that all drivers of this package keep. */

export const MAX_UID = 0xffff_ffff
/** flags of one message, and their octets */
const MAX_FLAGS = 100
const MAX_FLAG_OCTETS = 2048
/** octets of a message's flags that no quota counts: what mail programs use of keywords is free */
export const FREE_FLAGS = 256
/** octets of one keyword */
const MAX_KEYWORD = 100
/** Commits that the log of a mailbox remembers, for views and QRESYNC. */
export const LOG_LENGTH = 10_000
/** commits between two looks at its length */
export const TRIM_EVERY = 64
/** Messages that one transaction should remove at most: nobody else can write the embedded store meanwhile. */
export const REMOVED_AT_ONCE = 100

/**
 * Why a message cannot have these flags.
 * @param before flags that it has: what is over a limit already may become less
 */
export function flagsFault(flags: FlagSet, before?: FlagSet): Fault | undefined {
  if (before && flags.names.length <= before.names.length && flags.wire.length <= before.wire.length) return undefined
  if (flags.names.length > MAX_FLAGS) return { kind: 'limit', why: `more than ${MAX_FLAGS} flags on a message` }
  if (flags.keywords.some((keyword) => keyword.length > MAX_KEYWORD))
    return { kind: 'limit', why: `a keyword of more than ${MAX_KEYWORD} octets` }
  return flags.wire.length > MAX_FLAG_OCTETS
    ? { kind: 'limit', why: `more than ${MAX_FLAG_OCTETS} octets of flags on a message` }
    : undefined
}

/** Of these flags as many as a message can have: for those who must not fail for a flag, as delivery and import. */
export function storableFlags(flags: Iterable<string>): FlagSet {
  const kept: string[] = []
  let octets = 1
  for (const flag of publicFlags(flagSet(flags)).names) {
    octets += flag.length + 1
    if (kept.length < MAX_FLAGS && flag.length <= MAX_KEYWORD && octets <= MAX_FLAG_OCTETS) kept.push(flag)
    else octets -= flag.length + 1
  }
  return flagSet(kept)
}
