import type { Extension } from '../extension'

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
  ],
  status: [{ name: 'MAILBOXID', value: ({ id }) => `(${id})` }],
  search: (['EMAILID', 'THREADID'] as const).map((name) => ({
    name,
    read: (cursor) => {
      cursor.space()
      return { kind: 'id', of: name === 'EMAILID' ? 'email' : 'thread', id: cursor.astring().toString('latin1') }
    },
  })),
  selected: (view) => [`MAILBOXID (${view.mailbox.id})`],
}
