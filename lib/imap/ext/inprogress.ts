import type { Extension } from '../extension'

/** INPROGRESS (RFC 9585): said by SEARCH, SORT and THREAD, which may read every message; other commands show what they do as they go. */
export const inprogress: Extension = {
  rfc: 'RFC 9585',
  capabilities: ({ state }) => (state.name === 'not-authenticated' ? [] : ['INPROGRESS']),
}
