/** Limits that all drivers of this package keep. */

export const MAX_UID = 0xffff_ffff
/** flags of one message */
export const MAX_KEYWORDS = 100
/** Commits that the log of a mailbox remembers, for views and QRESYNC. */
export const LOG_LENGTH = 10_000
/** commits between two looks at its length */
export const TRIM_EVERY = 64
/**
 * Messages that one transaction should remove at most: nobody else can write meanwhile, and in LMDB the process does nothing else
 * (7 ms; 50,000 messages in one transaction were 2.7 s).
 */
export const REMOVED_AT_ONCE = 100
