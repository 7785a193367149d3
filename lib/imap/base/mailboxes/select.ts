import type { View } from '../../../mailbox/mailbox'
import { type Command, defineCommand, nothing } from '../../kernel/command'
import { done, faultReply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { SelectParameter, Slots } from '../../kernel/slots'
import { LOGGED_IN, type Selected } from '../../kernel/state'
import type { NamedMailbox } from '../../wire/cursor'
import { untagged } from '../../wire/response'
import { listAttributes, listResponse, mailboxArgument, oldName, parentsIn } from './names'

/** Messages that SELECT looks at for keywords and the first unseen one; beyond, FETCH shows them all the same. */
const SCAN = 20_000

function scan(view: View): { keywords: string[]; firstUnseen: number } {
  const keywords = new Set<string>()
  const unseen = view.matching(
    (flags) => {
      for (const keyword of flags.keywords) keywords.add(keyword)
      return !flags.has('\\Seen')
    },
    1,
    Math.min(view.exists, SCAN),
  )
  return { keywords: [...keywords].sort(), firstUnseen: unseen[0] ?? 0 }
}

function announce(session: Session, slots: Slots, view: View): void {
  const { mailbox } = view
  const { keywords, firstUnseen } = scan(view)
  session.sayFlags(keywords)
  session.say(untagged(view.exists, 'EXISTS'))
  if (!session.modes.rev2) {
    session.say(untagged(view.recentCount, 'RECENT'))
    // RFC 9586 3: it is a message number.
    if (firstUnseen > 0 && !session.modes.uidonly) session.sayOk(`UNSEEN ${firstUnseen}`, 'First unseen')
  }
  session.sayOk(`UIDVALIDITY ${mailbox.uidValidity}`, 'UIDs valid')
  session.sayOk(`UIDNEXT ${mailbox.uidNext}`, 'Predicted next UID')
  for (const codes of slots.selected) for (const code of codes(view, session)) session.sayOk(code, 'Ok')
}

/** RFC 9051 6.3.2: the LIST response of SELECT */
async function sayName(session: Session, { mail, view }: Selected, { name, supplied }: NamedMailbox): Promise<void> {
  const all = [...(await mail.mailboxes()), ...(await mail.shared())]
  const attributes = listAttributes({ ...view.mailbox, name }, parentsIn(all))
  session.say(listResponse(session, 'LIST', attributes, name, supplied === name ? [] : [oldName(supplied)]))
}

const opening = (name: 'SELECT' | 'EXAMINE'): Command =>
  defineCommand({
    name,
    rfc: name === 'SELECT' ? 'RFC 9051 6.3.2' : 'RFC 9051 6.3.3',
    states: LOGGED_IN,
    expunges: 'none',
    parse: (cursor, session, slots) => {
      const mailbox = mailboxArgument(cursor)
      const parameter = (): SelectParameter => {
        const word = cursor.keyword()
        return slots.select.get(word)?.read(cursor, session) ?? cursor.fail('a SELECT parameter')
      }
      return { mailbox, parameters: cursor.try(' ') ? cursor.list(parameter) : [] }
    },
    run: async ({ session, slots, state }, { mailbox, parameters }) => {
      const { mail } = state
      if (state.name === 'selected') {
        session.close()
        // RFC 9051 7.1 CLOSED: what follows is about the new mailbox.
        session.sayOk('CLOSED', 'Previous mailbox closed')
      }
      const refused = await session.enter(mail, mailbox.name)
      if (refused) return refused
      const opened = await mail.open(mailbox.name, name === 'EXAMINE' ? 'peek' : 'claim')
      if (!opened.ok) return faultReply(opened.fault, session.ports.tellHolder)
      const { rights } = opened.value
      const readOnly = name === 'EXAMINE' || ![...'ieswt'].some((right) => rights.includes(right))
      // RFC 4314 5.2: a \Seen of the user's own is no change of the mailbox.
      const changesNothing = readOnly || ![...'iewt'].some((right) => rights.includes(right))
      const selected: Selected = {
        name: 'selected',
        mail,
        view: opened.value,
        openedAs: mailbox.name,
        readOnly,
        saved: [],
      }
      session.select(selected)
      announce(session, slots, opened.value)
      if (session.modes.rev2) await sayName(session, selected, mailbox)
      for (const apply of parameters) await apply(session, selected)
      return done(`${name} completed`, changesNothing ? 'READ-ONLY' : 'READ-WRITE')
    },
  })

const check = defineCommand({
  name: 'CHECK',
  rfc: 'RFC 3501 6.4.1',
  states: ['selected'],
  parse: nothing,
  run: async () => done('CHECK completed'),
})

const close = defineCommand({
  name: 'CLOSE',
  rfc: 'RFC 9051 6.4.1',
  states: ['selected'],
  expunges: 'none',
  parse: nothing,
  run: async ({ session, state }) => {
    if (!state.readOnly) {
      const removed = await state.mail.expunge(state.view, 'all')
      // RFC 4314 4: without the right it closes all the same.
      if (!removed.ok && removed.fault.kind !== 'no-right') return faultReply(removed.fault, session.ports.tellHolder)
      session.counts.expunged += removed.ok ? removed.value.length : 0
    }
    session.close()
    return done('CLOSE completed')
  },
})

const unselect = defineCommand({
  name: 'UNSELECT',
  rfc: 'RFC 9051 6.4.2',
  states: ['selected'],
  expunges: 'none',
  parse: nothing,
  run: async ({ session }) => {
    session.close()
    return done('UNSELECT completed')
  },
})

export const selectCommands: readonly Command[] = [opening('SELECT'), opening('EXAMINE'), check, close, unselect]
