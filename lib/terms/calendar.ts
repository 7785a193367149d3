/** Milliseconds of a day. */
export const DAY = 86_400_000

/** As IMAP, mail and mbox spell them, in order (RFC 5322 3.3). */
export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** From Sunday on, as `getUTCDay` counts. */
export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
