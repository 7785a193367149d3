import { levelsAbove } from '../../../terms/names'
import { turn } from '../../../work/turns'
import { BadMailboxName, type Cursor } from '../../wire/cursor'

/** of one command: each of them meets each mailbox */
export const MOST_FILTERS = 100
/** in one of them */
const MOST_NAMES = 5000

/** filter-mailboxes of RFC 5465 6, for NOTIFY and for ESEARCH (RFC 7377 2.2): some of an account's mailboxes. */
export interface MailboxFilter {
  fits(name: string, subscribed: boolean): boolean
  /** those that the client wrote */
  readonly names: ReadonlySet<string>
  /** mailboxes of other accounts may be among them */
  readonly others: boolean
}

/** Those of the mailboxes that one of the filters means. */
export async function filtered<M extends { readonly name: string; readonly subscribed: boolean }>(
  mailboxes: readonly M[],
  fits: (mailbox: M) => boolean,
): Promise<M[]> {
  const fit: M[] = []
  for (const mailbox of mailboxes) {
    await turn()
    if (fits(mailbox)) fit.push(mailbox)
  }
  return fit
}

/** one-or-more-mailbox; a name that can be none of a mailbox is passed over as one of no mailbox (RFC 5465 3.1) */
function mailboxNames(cursor: Cursor): ReadonlySet<string> {
  const name = (): string[] => {
    try {
      return [cursor.mailbox()]
    } catch (error) {
      if (error instanceof BadMailboxName) return []
      throw error
    }
  }
  let count = 0
  const next = (): string[] => (++count > MOST_NAMES ? cursor.fail(`at most ${MOST_NAMES} names`) : name())
  cursor.space()
  return new Set(cursor.peek('(') ? cursor.list(next).flat() : name())
}

const NO_NAMES: ReadonlySet<string> = new Set()

/** filter-mailboxes-other behind its first word; `inboxes` are all: rules may file mail into any mailbox (RFC 5465 6.3) */
export function readFilter(cursor: Cursor, word: string): MailboxFilter | undefined {
  switch (word) {
    case 'INBOXES':
    case 'PERSONAL':
      return { fits: () => true, names: NO_NAMES, others: false }
    case 'SUBSCRIBED':
      return { fits: (_name, subscribed) => subscribed, names: NO_NAMES, others: true }
    case 'SUBTREE': {
      const names = mailboxNames(cursor)
      return {
        fits: (name) => names.has(name) || levelsAbove(name).some((level) => names.has(level)),
        names,
        others: true,
      }
    }
    case 'MAILBOXES': {
      const names = mailboxNames(cursor)
      return { fits: (name) => names.has(name), names, others: true }
    }
    default:
      return undefined
  }
}

/** RFC 7377 2.2: mailboxes, and those one level below */
export function subtreeOne(cursor: Cursor): MailboxFilter {
  const names = mailboxNames(cursor)
  const above = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')))
  return { fits: (name) => names.has(name) || names.has(above(name)), names, others: true }
}
