import { OTHER_USERS, SHARED } from '../../../mailbox/shared/places'
import { afterLogin, type Extension } from '../../kernel/extension'
import { changeCommands } from './change'
import { listCommands, listReturn, listSelect } from './list'
import { lsubCommands } from './lsub'
import { namespaceCommands } from './namespace'
import { selectCommands } from './select'
import { statusCommands, statusItems } from './status'

/** Mailboxes of IMAP4rev1 (RFC 3501) and IMAP4rev2. */
export const mailboxes: Extension = {
  commands: [
    ...selectCommands,
    ...changeCommands,
    ...listCommands,
    ...lsubCommands,
    ...namespaceCommands,
    ...statusCommands,
  ],
  listSelect,
  listReturn,
  status: statusItems,
  // RFC 2342 5: its own, those of other users, and those of accounts that belong to nobody alone.
  namespaces: async () => [
    { of: 'personal', prefix: '' },
    { of: 'other-users', prefix: `${OTHER_USERS}/` },
    { of: 'shared', prefix: `${SHARED}/` },
  ],
  capabilities: afterLogin('NAMESPACE', 'CHILDREN', 'UNSELECT', 'LIST-EXTENDED', 'STATUS=SIZE'),
}
