import type { AccountMail } from '../../../mailbox/mailbox'
import { encodeMailboxName } from '../../../terms/modified-utf7'
import { type Command, defineCommand } from '../../kernel/command'
import { done } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { Namespace, Slots } from '../../kernel/slots'
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
    await sayNamespaces(session, slots, state.mail)
    return done('NAMESPACE completed')
  },
})

/** `* NAMESPACE`, with the names in the client's language where it has chosen one (RFC 5255 3.4) */
export async function sayNamespaces(session: Session, slots: Slots, mail: AccountMail): Promise<void> {
  const all = (await Promise.all(slots.namespaces.map((of) => of(mail)))).flat()
  const prefix = (text: string) => encode.quoted(session.modes.utf8 ? encode.octetsOf(text) : encodeMailboxName(text))
  const { language } = session.modes
  const translation = (text: string): string[] => {
    const said = language === undefined ? text : slots.translate(language, text)
    return said === text ? [] : [encode.quoted('TRANSLATION'), list([encode.quoted(encodeMailboxName(said))])]
  }
  const group = (of: Namespace['of']): string => {
    const namespaces = all
      .filter((space) => space.of === of)
      .map((space) => list([prefix(space.prefix), DELIMITER, ...translation(space.prefix)]))
    return namespaces.length > 0 ? `(${namespaces.join('')})` : 'NIL'
  }
  session.say(untagged('NAMESPACE', group('personal'), group('other-users'), group('shared')))
}

export const namespaceCommands: readonly Command[] = [namespace]
