import { afterLogin, type Extension } from '../../kernel/extension'

/** SEARCHRES (RFC 5182): RETURN (SAVE) and `$` are read by SEARCH and by every sequence set themselves. */
export const searchres: Extension = {
  rfcs: {
    5182: { title: 'IMAP SEARCHRES' },
  },
  capabilities: afterLogin('SEARCHRES'),
}
