import type { Mailbox } from '../../../mailbox/vocabulary'
import { type Command, defineCommand } from '../../kernel/command'
import { done, no } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { Slots, StatusSlot } from '../../kernel/slots'
import { LOGGED_IN } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import * as encode from '../../wire/encode'
import { list, untagged } from '../../wire/response'
import { mailboxArgument } from './names'

const status = defineCommand({
  name: 'STATUS',
  rfc: 'RFC 9051 6.3.11',
  states: LOGGED_IN,
  parse: (cursor, session, slots) => {
    const { name } = mailboxArgument(cursor)
    cursor.space()
    return { name, items: cursor.list(() => statusItem(cursor, session, slots)) }
  },
  run: async ({ session, slots, state }, { name, items }) => {
    const refused = await session.enter(state.mail, name)
    if (refused) return refused
    const mailbox = await state.mail.find(name)
    if (!mailbox) return no('There is no such mailbox', 'NONEXISTENT')
    session.say(await statusResponse(session, slots, mailbox, items))
    return done('STATUS completed')
  },
})

export function statusItem(cursor: Cursor, session: Session, slots: Slots): string {
  const word = cursor.keyword()
  // RFC 9051 E 12
  if (word === 'RECENT' && session.modes.rev2) cursor.fail('a STATUS item of IMAP4rev2')
  const slot = slots.status.get(word) ?? cursor.fail('a STATUS item')
  slot.asked?.(session)
  return word
}

export async function statusResponse(
  session: Session,
  slots: Slots,
  mailbox: Mailbox,
  items: readonly string[],
): Promise<string> {
  const { state } = session
  const values: string[] = []
  for (const item of items) {
    const slot = slots.status.get(item)
    if (slot && 'mail' in state) values.push(`${item} ${await slot.value(mailbox, state.mail, session)}`)
  }
  return untagged('STATUS', encode.mailbox(mailbox.name, session.modes.utf8), list(values))
}

export const statusItems: readonly StatusSlot[] = [
  { name: 'MESSAGES', value: ({ messages }) => String(messages) },
  { name: 'UIDNEXT', value: ({ uidNext }) => String(uidNext) },
  { name: 'UIDVALIDITY', value: ({ uidValidity }) => String(uidValidity) },
  { name: 'UNSEEN', value: async (mailbox, mail) => String(await mail.unseen(mailbox)) },
  { name: 'DELETED', value: ({ deleted }) => String(deleted) },
  { name: 'SIZE', value: ({ size }) => String(size) },
  {
    name: 'RECENT',
    value: async (mailbox, mail) => {
      const { messages, recentFrom, uidNext } = mailbox
      if (recentFrom === uidNext) return '0'
      if (recentFrom === 1) return String(messages)
      const index = await mail.index(mailbox)
      return String(index?.uids.filter((uid) => uid >= recentFrom).length ?? 0)
    },
  },
]

export const statusCommands: readonly Command[] = [status]
