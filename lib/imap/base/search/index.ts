import { afterLogin, type Extension } from '../../kernel/extension'
import { searchCommands } from './search'

/** SEARCH of IMAP4rev1 (RFC 3501) and IMAP4rev2. */
export const search: Extension = {
  commands: searchCommands,
  capabilities: afterLogin('ESEARCH', 'WITHIN'),
}
