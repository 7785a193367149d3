import type { SearchKey } from '../../../search/key'
import { afterLogin, type Extension } from '../../kernel/extension'
import type { Cursor } from '../../wire/cursor'
import * as encode from '../../wire/encode'
import { code, list } from '../../wire/response'

const id =
  (of: 'email' | 'thread') =>
  (cursor: Cursor): SearchKey => {
    cursor.space()
    return { kind: 'id', of, id: cursor.astring().toString('latin1') }
  }

/** OBJECTID (RFC 8474) and SAVEDATE (RFC 8514). */
export const objectid: Extension = {
  rfcs: {
    8474: { title: 'IMAP OBJECTID' },
  },
  capabilities: afterLogin('OBJECTID', 'SAVEDATE'),
  fetch: [
    {
      name: 'EMAILID',
      read: () => ({ needs: 'row', write: ({ row }) => (row ? [`EMAILID ${list([row.emailId])}`] : []) }),
    },
    {
      name: 'THREADID',
      read: () => ({ needs: 'row', write: ({ row }) => (row ? [`THREADID ${list([row.threadId])}`] : []) }),
    },
    {
      name: 'SAVEDATE',
      read: () => ({ needs: 'row', write: ({ row }) => (row ? [`SAVEDATE ${encode.dateTime(row.saveDate)}`] : []) }),
    },
  ],
  status: [{ name: 'MAILBOXID', value: ({ id }) => list([id]) }],
  search: [
    { name: 'EMAILID', read: id('email') },
    { name: 'THREADID', read: id('thread') },
    // RFC 8514 4.3: the store keeps the date of every message.
    { name: 'SAVEDATESUPPORTED', read: () => ({ kind: 'all' }) },
  ],
  selected: (view) => [code('MAILBOXID', list([view.mailbox.id]))],
}
