import { encodeMailboxName } from '../../../terms/modified-utf7'
import { type Command, defineCommand } from '../../kernel/command'
import { done } from '../../kernel/reply'
import type { Namespace } from '../../kernel/slots'
import { LOGGED_IN } from '../../kernel/state'
import * as encode from '../../wire/encode'
import { list, untagged } from '../../wire/response'
import { DELIMITER } from './names'

const namespace = defineCommand({
  name: 'NAMESPACE',
  rfc: 'RFC 2342 5',
  states: LOGGED_IN,
  parse: () => undefined,
  run: async ({ session, slots, state }) => {
    const all = (await Promise.all(slots.namespaces.map((of) => of(state.mail)))).flat()
    const prefix = (text: string) => encode.quoted(session.modes.utf8 ? encode.octetsOf(text) : encodeMailboxName(text))
    const group = (of: Namespace['of']): string => {
      const namespaces = all.filter((space) => space.of === of).map((space) => list([prefix(space.prefix), DELIMITER]))
      return namespaces.length > 0 ? `(${namespaces.join('')})` : 'NIL'
    }
    session.say(untagged('NAMESPACE', group('personal'), group('other-users'), group('shared')))
    return done('NAMESPACE completed')
  },
})

export const namespaceCommands: readonly Command[] = [namespace]
