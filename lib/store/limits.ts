/** Limits that all drivers of this package keep. */

export const MAX_UID = 0xffff_ffff
/** flags of one message */
export const MAX_KEYWORDS = 100
/** Commits that the log of a mailbox remembers, for views and QRESYNC. */
export const LOG_LENGTH = 10_000
/** commits between two looks at its length */
export const TRIM_EVERY = 64
/**
 * Messages that one transaction should remove at most. LMDB keeps the pages that a transaction frees as one list, reads it whole
 * when it needs a page, and looks through all that it has read at each commit: after one removal of 4000 messages every write
 * of the host took 50 ms, after removals of 100 it takes 1 ms.
 */
export const REMOVED_AT_ONCE = 100
