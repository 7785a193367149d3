import { defineCommand, nothing } from '../../kernel/command'
import type { Extension } from '../../kernel/extension'
import { bad, done } from '../../kernel/reply'
import { LOGGED_IN } from '../../kernel/state'

/** UNAUTHENTICATE (RFC 8437): the next user of the same connection. */
const unauthenticate = defineCommand({
  name: 'UNAUTHENTICATE',
  rfc: 'RFC 8437 3',
  states: LOGGED_IN,
  expunges: 'none',
  parse: nothing,
  run: async ({ session }) => {
    if (session.modes.compressed) return bad('Not after COMPRESS')
    await session.unauthenticate()
    return done('UNAUTHENTICATE completed', `CAPABILITY ${session.capabilities()}`)
  },
})

export const unauthentication: Extension = {
  rfcs: {
    8437: { title: 'IMAP UNAUTHENTICATE', note: 'not offered any more after COMPRESS' },
  },
  commands: [unauthenticate],
  // RFC 8437 4.1: where it is offered, compression would have to end between two octets.
  capabilities: ({ state, modes }) =>
    state.name === 'not-authenticated' || modes.compressed ? [] : ['UNAUTHENTICATE'],
}
