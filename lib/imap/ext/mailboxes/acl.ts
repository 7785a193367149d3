import type { RightsChange } from '../../../mailbox/mailbox'
import { spellIdentifier } from '../../../mailbox/shared/identifiers'
import { ALL_RIGHTS, type Rights, readRights, writeRights } from '../../../mailbox/shared/rights'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done, faultReply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import { LOGGED_IN } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import * as encode from '../../wire/encode'
import { untagged } from '../../wire/response'

/** ACL (RFC 4314): who may do what with a mailbox; and LIST that returns the user's own rights (RFC 8440). */

function mailbox(cursor: Cursor): string {
  cursor.space()
  return cursor.mailbox()
}

interface Identified {
  readonly mailbox: string
  /** UTF-8, as it was typed */
  readonly identifier: string
}

/** identifier of RFC 4314 7; what SASLprep refuses is BAD (RFC 4314 3) */
function identified(cursor: Cursor): Identified {
  const named = mailbox(cursor)
  cursor.space()
  const identifier = cursor.astring().toString('utf8')
  // The domain is of no matter for that.
  if (spellIdentifier(identifier, '') === undefined) cursor.fail('an identifier')
  return { mailbox: named, identifier }
}

/** mod-rights of RFC 4314 7 */
function modRights(cursor: Cursor): { readonly how: RightsChange; readonly rights: Rights } {
  cursor.space()
  const text = cursor.astring().toString('latin1')
  const how = text.startsWith('+') ? 'add' : text.startsWith('-') ? 'remove' : 'replace'
  // RFC 4314 3.1: an unknown right is BAD.
  return { how, rights: readRights(how === 'replace' ? text : text.slice(1)) ?? cursor.fail(`rights of ${ALL_RIGHTS}`) }
}

const nameOf = ({ modes }: Session, name: string): string => encode.mailbox(name, modes.utf8)
const identifierText = (utf8: string): string => encode.astring(encode.octetsOf(utf8))
/** No right is a string without letters. */
const rightsText = (rights: Rights): string => encode.astring(writeRights(rights))

const setAcl = defineCommand({
  name: 'SETACL',
  rfc: 'RFC 4314 3.1',
  states: LOGGED_IN,
  parse: (cursor) => ({ ...identified(cursor), ...modRights(cursor) }),
  run: async ({ session, state }, { mailbox, identifier, how, rights }) => {
    const set = await state.mail.rights.set(mailbox, identifier, how, rights)
    return set.ok ? done('SETACL completed') : faultReply(set.fault, session.ports.tellHolder)
  },
})

const deleteAcl = defineCommand({
  name: 'DELETEACL',
  rfc: 'RFC 4314 3.2',
  states: LOGGED_IN,
  parse: identified,
  run: async ({ session, state }, { mailbox, identifier }) => {
    const removed = await state.mail.rights.remove(mailbox, identifier)
    return removed.ok ? done('DELETEACL completed') : faultReply(removed.fault, session.ports.tellHolder)
  },
})

const getAcl = defineCommand({
  name: 'GETACL',
  rfc: 'RFC 4314 3.3',
  states: LOGGED_IN,
  parse: mailbox,
  run: async ({ session, state }, name) => {
    const list = await state.mail.rights.list(name)
    if (!list.ok) return faultReply(list.fault, session.ports.tellHolder)
    const pairs = list.value.flatMap(({ identifier, rights }) => [identifierText(identifier), rightsText(rights)])
    session.say(untagged('ACL', nameOf(session, name), ...pairs))
    return done('GETACL completed')
  },
})

const listRights = defineCommand({
  name: 'LISTRIGHTS',
  rfc: 'RFC 4314 3.4',
  states: LOGGED_IN,
  parse: identified,
  run: async ({ session, state }, { mailbox, identifier }) => {
    const grantable = await state.mail.rights.grantable(mailbox, identifier)
    if (!grantable.ok) return faultReply(grantable.fault, session.ports.tellHolder)
    const { always, more } = grantable.value
    // RFC 4314 3.7: none is tied to another.
    const words = [rightsText(always), ...writeRights(more)]
    session.say(untagged('LISTRIGHTS', nameOf(session, mailbox), identifierText(identifier), ...words))
    return done('LISTRIGHTS completed')
  },
})

const myRightsResponse = (session: Session, name: string, rights: Rights): string =>
  untagged('MYRIGHTS', nameOf(session, name), rightsText(rights))

const myRights = defineCommand({
  name: 'MYRIGHTS',
  rfc: 'RFC 4314 3.5',
  states: LOGGED_IN,
  parse: mailbox,
  run: async ({ session, state }, name) => {
    const mine = await state.mail.rights.mine(name)
    if (!mine.ok) return faultReply(mine.fault, session.ports.tellHolder)
    session.say(myRightsResponse(session, name, mine.value))
    return done('MYRIGHTS completed')
  },
})

const commands: readonly Command[] = [setAcl, deleteAcl, getAcl, listRights, myRights]

export const acl: Extension = {
  rfcs: {
    4314: { title: 'IMAP4 ACL' },
    8440: { title: 'IMAP LIST-MYRIGHTS' },
  },
  commands,
  listReturn: [
    {
      name: 'MYRIGHTS',
      read: () => ({
        // RFC 8440 3: behind the LIST response
        response: (mailbox, session) =>
          'mail' in session.state
            ? myRightsResponse(session, mailbox.name, session.state.mail.rightsOn(mailbox))
            : undefined,
      }),
    },
  ],
  // RFC 4314 5.1.1: those that RFC 2086 does not have
  capabilities: afterLogin('ACL', 'RIGHTS=texk', 'LIST-MYRIGHTS'),
}
