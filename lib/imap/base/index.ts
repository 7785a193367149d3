import type { Extension } from '../kernel/extension'
import { listCommands } from './mailboxes/list'
import { mailboxCommands } from './mailboxes/mailboxes'
import { selectCommands } from './mailboxes/select'
import { appendCommands } from './messages/append'
import { changeCommands } from './messages/change'
import { fetchCommands } from './messages/fetch'
import { fetchItems } from './messages/fetch-items'
import { searchCommands } from './search/search'
import { connectionCommands } from './session/connection'
import { idleCommands } from './session/idle'

/** Everything of IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051). */
export const base: Extension = {
  rfc: 'RFC 3501',
  commands: [
    ...connectionCommands,
    ...mailboxCommands,
    ...listCommands,
    ...selectCommands,
    ...appendCommands,
    ...fetchCommands,
    ...changeCommands,
    ...searchCommands,
    ...idleCommands,
  ],
  fetch: fetchItems,
  status: [
    { name: 'MESSAGES', value: ({ messages }) => String(messages) },
    { name: 'UIDNEXT', value: ({ uidNext }) => String(uidNext) },
    { name: 'UIDVALIDITY', value: ({ uidValidity }) => String(uidValidity) },
    { name: 'UNSEEN', value: ({ unseen }) => String(unseen) },
    { name: 'DELETED', value: ({ deleted }) => String(deleted) },
    { name: 'SIZE', value: ({ size }) => String(size) },
    {
      name: 'RECENT',
      value: async (mailbox, mail) => {
        const { messages, recentFrom, uidNext } = mailbox
        if (recentFrom === uidNext) return '0'
        if (recentFrom === 1) return String(messages)
        const index = await mail.index(mailbox)
        return String(index?.uids.filter((uid) => uid >= recentFrom).length ?? 0)
      },
    },
  ],
  enable: [
    {
      // RFC 9051 A: with IMAP4rev1 offered too, nothing of rev2 is said before this.
      word: 'IMAP4rev2',
      turnOn: ({ modes }) => {
        modes.rev2 = true
        modes.utf8 = true
      },
    },
  ],
  capabilities: (session) => {
    const { connection, ports, state } = session
    const login = ports.login
    const before = state.name === 'not-authenticated'
    const cleartext = login.allowsCleartext(session.peer())
    return [
      'IMAP4rev1',
      'IMAP4rev2',
      'LITERAL+',
      'SASL-IR',
      'ID',
      'ENABLE',
      ...(before && !connection.secure && ports.tlsAvailable() ? ['STARTTLS'] : []),
      ...(before && !cleartext ? ['LOGINDISABLED'] : []),
      ...(before ? login.mechanisms(session.peer()).map((name) => `AUTH=${name}`) : []),
      ...(before
        ? []
        : [
            'NAMESPACE',
            'CHILDREN',
            'UNSELECT',
            'UIDPLUS',
            'IDLE',
            'MOVE',
            'SPECIAL-USE',
            'CREATE-SPECIAL-USE',
            'LIST-EXTENDED',
            'LIST-STATUS',
            'ESEARCH',
            'WITHIN',
            'MULTIAPPEND',
            'STATUS=SIZE',
          ]),
    ]
  },
}
