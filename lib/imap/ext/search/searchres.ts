import { afterLogin, type Extension } from '../../kernel/extension'

/** SEARCHRES (RFC 5182): RETURN (SAVE) and `$` are read by SEARCH and by every sequence set themselves. */
export const searchres: Extension = {
  rfc: 'RFC 5182',
  capabilities: afterLogin('SEARCHRES'),
}
