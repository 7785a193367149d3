import type { View } from '../../../mailbox/mailbox'
import { turn } from '../../../work/turns'
import { no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import { code, untagged } from '../../wire/response'

/** How many messages one command works on (RFC 9738), where the settings say so. */

/** RFC 9738 3: a command that does nothing when it names too many. */
export const tooMany = (limit: number): Reply => no(`At most ${limit} messages`, code('MESSAGELIMIT', limit))

/** RFC 9738 4: what saves more than this at once is refused; Infinity: nothing is. */
export function saveLimit({ ports }: Session): number {
  const { messageLimit, saveLimit } = ports.settings
  return messageLimit || saveLimit || Number.POSITIVE_INFINITY
}

export interface Limited {
  /** those with the highest UIDs */
  readonly seqs: readonly number[]
  /** response code for the end of the command; undefined: it worked on all */
  readonly code: string | undefined
}

const limitedTo = (view: View, limit: number, seqs: readonly number[]): Limited => ({
  seqs,
  code: code('MESSAGELIMIT', limit, view.uidAt(seqs[0] ?? 1)),
})

/** RFC 9738 3: of the messages that a command names, as many as it may work on. */
export function withinLimit({ ports }: Session, view: View, seqs: readonly number[]): Limited {
  const { messageLimit } = ports.settings
  if (messageLimit === 0 || seqs.length <= messageLimit) return { seqs, code: undefined }
  return limitedTo(view, messageLimit, seqs.slice(-messageLimit))
}

/** Messages between two looks at the clock. */
const LOOK = 1000

/** RFC 9738 3: of the messages that a search has to look at, as many as it may. */
export async function searchable(session: Session, view: View, named: (seq: number) => boolean): Promise<Limited> {
  const { messageLimit } = session.ports.settings
  const seqs: number[] = []
  for (let seq = view.exists; seq >= 1; seq--) {
    if (seq % LOOK === 0) await turn()
    if (!named(seq)) continue
    if (seqs.length === messageLimit) return limitedTo(view, messageLimit, seqs.reverse())
    seqs.push(seq)
  }
  return { seqs, code: undefined }
}

/** RFC 9738 3: in the tagged OK, or, where that has a code already, before it. */
export function withLimitCode(session: Session, reply: Reply, limitCode: string | undefined): Reply {
  if (limitCode === undefined || reply.kind === 'bad') return reply
  if (reply.kind === 'ok' && reply.code === undefined) return { ...reply, code: limitCode }
  session.say(untagged('NO', `[${limitCode}]`, 'Not all messages'))
  return reply
}
