import type { Session } from '../../kernel/session'
import * as encode from '../../wire/encode'
import { untagged } from '../../wire/response'
import { mailboxText } from './metadata-entries'

/** RFC 5464 4.4.2: after ENABLE METADATA a client hears of entries that others changed, by their names. */

/** entries that wait for a client; what is more is not told: it is no message */
const MOST_WAITING = 1000

const telling = new WeakSet<Session>()

export function tellOfOthers(session: Session): void {
  const { state, ports, unsolicited } = session
  if (telling.has(session) || !('mail' in state)) return
  telling.add(session)
  const { mail } = state
  const waiting = new Map<string, Set<string>>()
  let count = 0
  const stop = ports.room.hub.onList(mail.id, ({ kind, name, entries = [] }, by) => {
    // RFC 5464 4.3: not its own changes. After NOTIFY it hears what it asked for there (RFC 5465 3.1).
    if (kind !== 'annotated' || by === mail || session.modes.notify) return
    const names = waiting.get(name) ?? new Set()
    waiting.set(name, names)
    for (const entry of entries) if (count < MOST_WAITING && !names.has(entry) && names.add(entry)) count++
    unsolicited.wake()
  })
  const remove = unsolicited.add({
    between: false,
    tell: async () => {
      for (const [mailbox, names] of waiting) {
        if (names.size > 0)
          session.say(untagged('METADATA', mailboxText(session, mailbox), ...[...names].map(encode.astring)))
      }
      waiting.clear()
      count = 0
      return []
    },
  })
  session.untilLogout(() => {
    stop()
    remove()
    telling.delete(session)
  })
}
