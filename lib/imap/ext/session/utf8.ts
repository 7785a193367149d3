import { afterLogin, type Extension } from '../../kernel/extension'

/** UTF8=ACCEPT (RFC 6855, RFC 9755): a mode of the session, which names, quoted strings, SEARCH and APPEND obey. */
export const utf8: Extension = {
  rfcs: {
    6855: {
      title: 'IMAP UTF-8',
      state: 'part',
      note: 'APPEND of an 8-bit header without ENABLE is refused with headers_8bit = refuse only',
    },
    9755: { title: 'IMAP UTF-8 (successor of RFC 6855)', state: 'part', note: 'as RFC 6855' },
  },
  capabilities: afterLogin('UTF8=ACCEPT'),
  append: [
    {
      // utf8-literal of RFC 6855 4
      name: 'UTF8',
      read: (cursor, _session, message) => {
        cursor.expect(' (')
        message.bytes = cursor.message()
        message.utf8 = true
        cursor.expect(')')
      },
    },
  ],
  enable: [
    {
      word: 'UTF8=ACCEPT',
      turnOn: ({ modes }) => {
        modes.utf8 = true
      },
    },
  ],
}
