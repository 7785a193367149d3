import type { SearchKey } from '../../search/key'
import type { Extension } from '../kernel/extension'
import type { Cursor } from '../wire/cursor'
import * as encode from '../wire/encode'

const id =
  (of: 'email' | 'thread') =>
  (cursor: Cursor): SearchKey => {
    cursor.space()
    return { kind: 'id', of, id: cursor.astring().toString('latin1') }
  }

/** OBJECTID (RFC 8474) and SAVEDATE (RFC 8514). */
export const objectid: Extension = {
  rfc: 'RFC 8474',
  capabilities: ({ state }) => (state.name === 'not-authenticated' ? [] : ['OBJECTID', 'SAVEDATE']),
  fetch: [
    { name: 'EMAILID', read: () => ({ needs: 'row', write: ({ row }) => (row ? [`EMAILID (${row.emailId})`] : []) }) },
    {
      name: 'THREADID',
      read: () => ({ needs: 'row', write: ({ row }) => (row ? [`THREADID (${row.threadId})`] : []) }),
    },
    {
      name: 'SAVEDATE',
      read: () => ({ needs: 'row', write: ({ row }) => (row ? [`SAVEDATE ${encode.dateTime(row.saveDate)}`] : []) }),
    },
  ],
  status: [{ name: 'MAILBOXID', value: ({ id }) => `(${id})` }],
  search: [
    { name: 'EMAILID', read: id('email') },
    { name: 'THREADID', read: id('thread') },
    // RFC 8514 4.3: the store keeps the date of every message.
    { name: 'SAVEDATESUPPORTED', read: () => ({ kind: 'all' }) },
  ],
  selected: (view) => [`MAILBOXID (${view.mailbox.id})`],
}
