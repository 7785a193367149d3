import { levelsAbove } from '../../../terms/names'
import { type Command, defineCommand } from '../../kernel/command'
import { done } from '../../kernel/reply'
import { LOGGED_IN } from '../../kernel/state'
import { listResponse } from './names'
import { fitting, pattern } from './pattern'

const lsub = defineCommand({
  name: 'LSUB',
  rfc: 'RFC 3501 6.3.9',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    const reference = cursor.mailboxOrEmpty()
    cursor.space()
    return { reference, listMailbox: cursor.listMailbox() }
  },
  run: async ({ session, state }, { reference, listMailbox }) => {
    if (listMailbox === undefined) return done('LSUB completed')
    const subscribed = await state.mail.subscriptions()
    const named = subscribed.flatMap((mailbox) => [mailbox, ...levelsAbove(mailbox)])
    const fit = await fitting([pattern(reference, listMailbox)], new Set(named))
    const shown = new Map<string, boolean>()
    for (const mailbox of subscribed) {
      if (fit.has(mailbox)) shown.set(mailbox, true)
      else if (listMailbox.endsWith('%')) {
        // RFC 3501 6.3.9: a parent that is not subscribed stands for its subscribed children.
        for (const parent of levelsAbove(mailbox)) if (fit.has(parent) && !shown.has(parent)) shown.set(parent, false)
      }
    }
    for (const [mailbox, real] of [...shown].sort())
      session.say(listResponse(session, 'LSUB', real ? [] : ['\\Noselect'], mailbox))
    return done('LSUB completed')
  },
})

export const lsubCommands: readonly Command[] = [lsub]
