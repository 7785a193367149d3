import { messageFields } from '../../mime/header'

/** What SpamAssassin (X-Spam-Flag, X-Spam-Status) and rspamd (X-Spam, X-Spam-Flag) put into the header of spam. */
const MARKS: Readonly<Record<string, RegExp>> = {
  'x-spam': /^yes\b/i,
  'x-spam-flag': /^yes\b/i,
  'x-spam-status': /^yes\b/i,
}

/** Whether a scanner has marked this message as spam. */
export const hasSpamHeader = (octets: Buffer): boolean =>
  messageFields(octets).some(({ name, value }) => MARKS[name]?.test(value) === true)
