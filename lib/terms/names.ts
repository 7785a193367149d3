/** Identifiers made of text. */

declare const brand: unique symbol
type Name<Kind extends string> = string & { readonly [brand]: Kind }

/** Never changes, also when the account is renamed. 1-64 of `A-Za-z0-9_-`. */
export type AccountId = Name<'AccountId'>
/** MAILBOXID of RFC 8474 4.1: survives renames, unique within the store. 1-64 of `A-Za-z0-9_-`. */
export type MailboxId = Name<'MailboxId'>
/** EMAILID of RFC 8474 5.1: one immutable message, shared by its copies. 1-64 of `A-Za-z0-9_-`. */
export type EmailId = Name<'EmailId'>
/** THREADID of RFC 8474 5.2. */
export type ThreadId = Name<'ThreadId'>

/** A message in the recycle bin: never used again in its account. 1-64 of `A-Za-z0-9_-`. */
export type BinnedId = Name<'BinnedId'>

const OBJECT_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a client's text can be an id at all. */
export const isObjectId = (value: string): boolean => OBJECT_ID.test(value)

function objectId(what: string, value: string): string {
  if (isObjectId(value)) return value
  throw new RangeError(`${what} must be 1-64 characters of A-Z a-z 0-9 _ -`)
}

export const accountId = (value: string): AccountId => objectId('account id', value) as AccountId
export const mailboxId = (value: string): MailboxId => objectId('mailbox id', value) as MailboxId
export const emailId = (value: string): EmailId => objectId('email id', value) as EmailId
export const threadId = (value: string): ThreadId => objectId('thread id', value) as ThreadId
export const binnedId = (value: string): BinnedId => objectId('id in the recycle bin', value) as BinnedId

/**
 * Mailbox names are UTF-8 with `/` between levels (modified UTF-7 lives in the IMAP room only).
 * INBOX is matched without case as first level (RFC 9051 5.1) and always kept in capitals.
 */
export function canonicalMailboxName(nameUtf8: string): string {
  const slash = nameUtf8.indexOf('/')
  const first = slash < 0 ? nameUtf8 : nameUtf8.slice(0, slash)
  return first.toUpperCase() === 'INBOX' ? `INBOX${slash < 0 ? '' : nameUtf8.slice(slash)}` : nameUtf8
}

/** `a/b/c` gives `a` and `a/b`. */
export const levelsAbove = (name: string): string[] =>
  name.split('/').flatMap((_level, index, levels) => (index > 0 ? [levels.slice(0, index).join('/')] : []))
