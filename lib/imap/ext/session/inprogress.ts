import { afterLogin, type Extension } from '../../kernel/extension'

/** INPROGRESS (RFC 9585): said by what may take long without showing what it does: SEARCH, SORT, THREAD, STORE, COPY, MOVE, EXPUNGE. */
export const inprogress: Extension = {
  rfcs: {
    9585: { title: 'IMAP INPROGRESS', note: 'SEARCH, SORT, THREAD, STORE, COPY, MOVE, EXPUNGE' },
  },
  capabilities: afterLogin('INPROGRESS'),
}
