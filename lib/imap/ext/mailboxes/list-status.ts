import { statusItem, statusResponse } from '../../base/mailboxes/status'
import { afterLogin, type Extension } from '../../kernel/extension'

/** LIST-STATUS (RFC 5819): STATUS of each mailbox that LIST tells. */
export const listStatus: Extension = {
  rfcs: {
    5819: { title: 'IMAP4 LIST-STATUS' },
  },
  capabilities: afterLogin('LIST-STATUS'),
  listReturn: [
    {
      name: 'STATUS',
      read: (cursor, session, slots) => {
        cursor.space()
        const items = cursor.list(() => statusItem(cursor, session, slots))
        return {
          lock: true,
          // RFC 4314 4: STATUS needs the right to read.
          response: (mailbox, { state }) =>
            'mail' in state && state.mail.rightsOn(mailbox).includes('r')
              ? statusResponse(session, slots, mailbox, items)
              : undefined,
        }
      },
    },
  ],
}
