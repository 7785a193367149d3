import type { SearchKey } from '../../../search/key'
import { afterLogin, type Extension } from '../../kernel/extension'
import type { SearchSlot } from '../../kernel/slots'

/** RFC 9738 3.2: one UID, which need not exist */
const besideUid = (name: string, has: (number: number, uid: number) => boolean): SearchSlot => ({
  name,
  read: (cursor): SearchKey => {
    cursor.space()
    const uid = cursor.nzNumber()
    return { kind: 'numbers', of: 'uid', has: (number) => has(number, uid) }
  },
})

/** MESSAGELIMIT and SAVELIMIT (RFC 9738): what the settings say; FETCH, STORE, SEARCH and the others keep to it (base/messages/limit.ts). */
export const messagelimit: Extension = {
  rfcs: {
    9738: {
      title: 'IMAP MESSAGELIMIT',
      note: '`[limits] message_limit` or `save_limit`; by default there is no limit',
    },
  },
  capabilities: (session) => {
    const { messageLimit, saveLimit } = session.ports.settings
    if (messageLimit > 0) return afterLogin(`MESSAGELIMIT=${messageLimit}`)(session)
    return saveLimit > 0 ? afterLogin(`SAVELIMIT=${saveLimit}`)(session) : []
  },
  search: [besideUid('UIDAFTER', (number, uid) => number > uid), besideUid('UIDBEFORE', (number, uid) => number < uid)],
}
