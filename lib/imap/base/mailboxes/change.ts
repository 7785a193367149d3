import { SPECIAL_USES, type SpecialUse } from '../../../terms/special-use'
import { type Command, defineCommand } from '../../kernel/command'
import { done, faultReply, no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import { LOGGED_IN } from '../../kernel/state'
import type { Cursor, NamedMailbox } from '../../wire/cursor'
import { code, list } from '../../wire/response'
import { mailboxArgument, sayOldName } from './names'

/** RFC 6154 3: `(USE (\Drafts))`; undefined: a use that is not supported */
function createOptions(cursor: Cursor): readonly SpecialUse[] | undefined {
  if (!cursor.try(' (')) return []
  cursor.expect('USE ')
  const uses = cursor.list(() => {
    const flag = cursor.flag()
    return SPECIAL_USES.find((use) => use.toLowerCase() === flag.toLowerCase())
  })
  cursor.expect(')')
  const supported = uses.flatMap((use) => use ?? [])
  return supported.length === uses.length ? supported : undefined
}

const reply = (
  session: Session,
  result: { ok: true } | { ok: false; fault: Parameters<typeof faultReply>[0] },
  text: string,
): Reply => (result.ok ? done(text) : faultReply(result.fault, session.ports.tellHolder))

/** RFC 9051 6.3.4: a delimiter at the end says that children will follow. */
const withoutDelimiter = ({ name: normal, supplied }: NamedMailbox): NamedMailbox => ({
  name: normal.replace(/\/$/, ''),
  supplied: supplied.replace(/\/$/, ''),
})

const create = defineCommand({
  name: 'CREATE',
  rfc: 'RFC 9051 6.3.4',
  states: LOGGED_IN,
  parse: (cursor) => ({ mailbox: withoutDelimiter(mailboxArgument(cursor)), uses: createOptions(cursor) }),
  run: async ({ session, state }, { mailbox, uses }) => {
    if (!uses) return no('This special use is not supported', 'USEATTR')
    const refused = await session.enter(state.mail, mailbox.name)
    if (refused) return refused
    const created = await state.mail.create(mailbox.name, uses)
    if (created.ok) {
      sayOldName(session, mailbox)
      return done('CREATE completed', code('MAILBOXID', list([created.value.id])))
    }
    // RFC 6154 3: the one thing of CREATE that is not permitted is a use that another mailbox has.
    if (created.fault.kind === 'not-permitted') return no(`Not permitted: ${created.fault.why}`, 'USEATTR')
    return faultReply(created.fault, session.ports.tellHolder)
  },
})

const remove = defineCommand({
  name: 'DELETE',
  rfc: 'RFC 9051 6.3.5',
  states: LOGGED_IN,
  parse: mailboxArgument,
  run: async ({ session, state }, mailbox) => {
    const refused = await session.enter(state.mail, mailbox.name)
    if (refused) return refused
    const selected = state.name === 'selected' ? state.view.mailbox.id : undefined
    const own = selected !== undefined && (await state.mail.find(mailbox.name))?.id === selected
    const removed = await state.mail.remove(mailbox.name)
    // This client knows what it did: it goes on in the authenticated state.
    if (removed.ok && own) session.close()
    if (removed.ok) sayOldName(session, mailbox, ['\\NonExistent'])
    return reply(session, removed, 'DELETE completed')
  },
})

const rename = defineCommand({
  name: 'RENAME',
  rfc: 'RFC 9051 6.3.6',
  states: LOGGED_IN,
  parse: (cursor) => ({ from: mailboxArgument(cursor), to: withoutDelimiter(mailboxArgument(cursor)) }),
  run: async ({ session, state }, { from, to }) => {
    const refused = await session.enter(state.mail, from.name)
    if (refused) return refused
    const renamed = await state.mail.rename(from.name, to.name)
    // RFC 9051 6.3.6: the old name as it was written, the new one as it is kept.
    const written = from.supplied === from.name && to.supplied === to.name
    if (renamed.ok && !written) sayOldName(session, { name: to.name, supplied: from.supplied })
    return reply(session, renamed, 'RENAME completed')
  },
})

const subscribing = (command: 'SUBSCRIBE' | 'UNSUBSCRIBE', on: boolean): Command =>
  defineCommand({
    name: command,
    rfc: 'RFC 9051 6.3.7',
    states: LOGGED_IN,
    parse: (cursor) => mailboxArgument(cursor).name,
    run: async ({ session, state }, mailbox) =>
      reply(session, await state.mail.subscribe(mailbox, on), `${command} completed`),
  })

export const changeCommands: readonly Command[] = [
  create,
  remove,
  rename,
  subscribing('SUBSCRIBE', true),
  subscribing('UNSUBSCRIBE', false),
]
