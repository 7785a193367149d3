import type { AnnotationChange } from '../../../mailbox/vocabulary'
import type { Session } from '../../kernel/session'
import * as encode from '../../wire/encode'
import { untagged } from '../../wire/response'
import { mailboxText } from './metadata-entries'

/** RFC 5464 4.4.2: after ENABLE METADATA a client hears of entries that others changed, by their names. */

/** entries that wait for a client; what is more is not told: it is no message */
const MOST_WAITING = 1000

const textOf = (mailbox: string, names: readonly string[]): string => [mailbox, ...names].join('\n')

/** changes of a session that it has not heard of again */
const ownChanges = new WeakMap<Session, string[]>()

/** Runs a change that this session makes, and need not hear of (RFC 5464 4.3). */
export async function ownChange<T>(
  session: Session,
  mailbox: string,
  changes: readonly AnnotationChange[],
  run: () => Promise<T>,
): Promise<T> {
  const own = ownChanges.get(session)
  if (!own) return run()
  const text = textOf(
    mailbox,
    changes.map(({ name }) => name),
  )
  own.push(text)
  try {
    return await run()
  } finally {
    if (own.includes(text)) own.splice(own.indexOf(text), 1)
  }
}

export function tellOfOthers(session: Session): void {
  const { state, ports, unsolicited, connection } = session
  if (ownChanges.has(session) || !('mail' in state)) return
  const own: string[] = []
  ownChanges.set(session, own)
  const waiting = new Map<string, Set<string>>()
  let count = 0
  const stop = ports.room.hub.onList(state.mail.id, ({ kind, name, entries = [] }) => {
    if (kind !== 'annotated') return
    const at = own.indexOf(textOf(name, entries))
    if (at >= 0) {
      own.splice(at, 1)
      return
    }
    const names = waiting.get(name) ?? new Set()
    waiting.set(name, names)
    for (const entry of entries) if (count < MOST_WAITING && !names.has(entry) && names.add(entry)) count++
    unsolicited.wake()
  })
  connection.closed.addEventListener('abort', stop)
  unsolicited.add({
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
}
