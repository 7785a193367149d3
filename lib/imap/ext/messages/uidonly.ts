import { afterLogin, type Extension } from '../../kernel/extension'
import { vanished } from './qresync'

/** UIDONLY (RFC 9586): a mode of the session, which dispatch, SELECT, SEARCH and everything that begins a FETCH response obey. */
export const uidonly: Extension = {
  rfcs: {
    9586: { title: 'IMAP UIDONLY' },
  },
  capabilities: afterLogin('UIDONLY'),
  enable: [
    {
      word: 'UIDONLY',
      turnOn: ({ modes }) => {
        modes.uidonly = true
      },
    },
  ],
  news: {
    // RFC 9586 3.4
    take: (session, updates) => (session.modes.uidonly ? vanished(session, updates) : updates),
  },
}
