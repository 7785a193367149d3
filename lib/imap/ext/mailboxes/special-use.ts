import { afterLogin, type Extension } from '../../kernel/extension'

/** SPECIAL-USE (RFC 6154): LIST tells the uses of a mailbox always; CREATE reads USE itself. */
export const specialUse: Extension = {
  rfcs: {
    6154: { title: 'IMAP LIST SPECIAL-USE' },
  },
  capabilities: afterLogin('SPECIAL-USE', 'CREATE-SPECIAL-USE'),
  listSelect: [{ name: 'SPECIAL-USE', chooses: (mailbox) => mailbox.specialUse.length > 0 }],
  listReturn: [{ name: 'SPECIAL-USE', read: () => ({}) }],
}
