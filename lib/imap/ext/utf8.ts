import type { Extension } from '../kernel/extension'

/** UTF8=ACCEPT (RFC 6855, RFC 9755): a mode of the session, which names, quoted strings, SEARCH and APPEND obey. */
export const utf8: Extension = {
  rfc: 'RFC 6855',
  capabilities: ({ state }) => (state.name === 'not-authenticated' ? [] : ['UTF8=ACCEPT']),
  enable: [
    {
      word: 'UTF8=ACCEPT',
      turnOn: ({ modes }) => {
        modes.utf8 = true
      },
    },
  ],
}
