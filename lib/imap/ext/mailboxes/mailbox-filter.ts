import { levelsAbove } from '../../../terms/names'
import { BadMailboxName, type Cursor } from '../../wire/cursor'

/** filter-mailboxes of RFC 5465 6, for NOTIFY and for ESEARCH (RFC 7377 2.2): some of an account's mailboxes. */
export interface MailboxFilter {
  fits(name: string, subscribed: boolean): boolean
  /** those that the client wrote */
  readonly names: ReadonlySet<string>
  /** mailboxes of other accounts may be among them */
  readonly others: boolean
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
  cursor.space()
  return new Set(cursor.peek('(') ? cursor.list(name).flat() : name())
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
      return { fits: (name) => [name, ...levelsAbove(name)].some((level) => names.has(level)), names, others: true }
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
