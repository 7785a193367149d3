/** Limits that all drivers of this package keep. */

export const MAX_UID = 0xffff_ffff
/** flags of one message */
export const MAX_KEYWORDS = 100
/** Commits that the log of a mailbox remembers, for views and QRESYNC. */
export const LOG_LENGTH = 10_000
/** commits between two looks at its length */
export const TRIM_EVERY = 64
