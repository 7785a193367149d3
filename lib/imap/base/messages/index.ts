import { afterLogin, type Extension } from '../../kernel/extension'
import { appendCommands } from './append'
import { copyCommands } from './copy'
import { expungeCommands } from './expunge'
import { fetchCommands } from './fetch'
import { fetchItems } from './fetch-items'
import { storeCommands } from './store'

/** Messages of IMAP4rev1 (RFC 3501) and IMAP4rev2. */
export const messages: Extension = {
  commands: [...appendCommands, ...fetchCommands, ...storeCommands, ...copyCommands, ...expungeCommands],
  fetch: fetchItems,
  capabilities: afterLogin('UIDPLUS', 'MOVE', 'MULTIAPPEND'),
}
