import type { AccountMail } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import { defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done, no } from '../../kernel/reply'
import { LOGGED_IN } from '../../kernel/state'
import { code, list } from '../../wire/response'
import { filtered, MOST_FILTERS } from './mailbox-filter'
import { EVENTS, eventsOf, NOTHING, type NotifySet, readNotifySet, wants } from './notify-events'
import { catchUp, selectedNews } from './notify-selected'
import { MOST_WATCHED, watch } from './notify-watch'

/** NOTIFY (RFC 5465): a client says of which events it wants to hear, at once, also between its commands. */

/** names of mailboxes in all groups */
const MOST_NAMES = 1000

const tooMuch = (what: string) => no(`More than ${what}`, 'NOTIFICATIONOVERFLOW')

/** Those of whose messages it wants to hear. */
async function watchedBy(mail: AccountMail, set: NotifySet): Promise<readonly Mailbox[]> {
  if (!wants(set, 'MessageNew')) return []
  const all = await mail.mailboxes()
  return filtered(all, ({ name, subscribed }) => eventsOf(set, name, subscribed).has('MessageNew'))
}

const notify = defineCommand({
  name: 'NOTIFY',
  rfc: 'RFC 5465 3.1',
  states: LOGGED_IN,
  parse: (cursor, session, slots) => {
    cursor.space()
    if (cursor.tryWord('NONE')) return undefined
    cursor.expect('SET')
    return readNotifySet(cursor, session, slots)
  },
  run: async ({ session, slots, state: { mail } }, set) => {
    if (set?.unsupported) return no('These events are not supported', code('BADEVENT', list(EVENTS)))
    if (set && set.groups.length > MOST_FILTERS) return tooMuch(`${MOST_FILTERS} event groups`)
    if (set && set.names > MOST_NAMES) return tooMuch(`${MOST_NAMES} names of mailboxes`)
    // As STATUS does; names alone need no lock.
    const refused = set && wants(set, 'MessageNew') ? await session.enter(mail) : undefined
    if (refused) return refused
    const watching = watch(session, slots, mail)
    const before = watching.set
    // Before the mailboxes are read: nothing that happens meanwhile is missed.
    watching.ask(set ?? NOTHING)
    let watched: readonly Mailbox[]
    try {
      watched = await watchedBy(mail, watching.set)
    } catch (error) {
      watching.ask(before)
      throw error
    }
    if (watched.length > MOST_WATCHED) {
      watching.ask(before)
      return tooMuch(`${MOST_WATCHED} mailboxes`)
    }
    session.modes.notify = true
    if (set) catchUp(session)
    if (set?.status) await watching.sayAll(watched)
    return done('NOTIFY completed')
  },
})

export const notification: Extension = {
  rfcs: {
    5465: { title: 'IMAP NOTIFY', note: 'without AnnotationChange, as there are no annotations of messages' },
  },
  capabilities: afterLogin('NOTIFY'),
  commands: [notify],
  news: selectedNews,
}
