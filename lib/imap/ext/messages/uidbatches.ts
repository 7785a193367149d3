import type { View } from '../../../mailbox/mailbox'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { bad, done, no } from '../../kernel/reply'
import { correlator, untagged } from '../../wire/response'

/** RFC 10022 3: fewer messages in a batch would be more ranges than anybody needs. */
const LEAST = 500
/** RFC 10022 3: messages that a client may ask for with a range of batches */
const MOST = 100_000

/**
 * Ranges of UIDs, the newest first, that touch each other and reach down to 1: each holds `size` messages, the last one what is
 * left.
 * @param first of the batches that are told, from 1
 */
function batches(view: View, size: number, first: number, last: number): string[] {
  const told: string[] = []
  for (let batch = first; batch <= last; batch++) {
    const highest = view.exists - (batch - 1) * size
    if (highest < 1) break
    const below = highest - size
    told.push(`${view.uidAt(highest)}:${below < 1 ? 1 : view.uidAt(below) + 1}`)
  }
  return told
}

const uidBatches: Command = defineCommand({
  name: 'UIDBATCHES',
  rfc: 'RFC 10022 3',
  states: ['selected'],
  by: 'uid',
  parse: (cursor) => {
    cursor.space()
    const size = cursor.nzNumber()
    if (!cursor.try(' ')) return { size, range: undefined }
    const first = cursor.nzNumber()
    cursor.expect(':')
    return { size, range: { first, last: cursor.nzNumber() } }
  },
  run: async ({ session, state, tag }, { size, range }) => {
    if (range && range.first > range.last) return bad('The first batch comes first', 'CLIENTBUG')
    if (size < LEAST) return no(`A batch has ${LEAST} messages at least`, 'TOOFEW')
    if (range && (range.last - range.first + 1) * size > MOST) return no(`${MOST} messages at most`, 'TOOMANY')
    const { view } = state
    // RFC 9738: a batch is there for commands, which take no more.
    const { messageLimit } = session.ports.settings
    const most = messageLimit > 0 ? Math.min(size, messageLimit) : size
    const told = batches(view, most, range?.first ?? 1, range?.last ?? Number.POSITIVE_INFINITY)
    session.say(untagged('UIDBATCHES', correlator(tag), ...(told.length > 0 ? [told.join(',')] : [])))
    return done('UIDBATCHES completed')
  },
})

/** UIDBATCHES (RFC 10022): where a client cuts a mailbox into parts, without fetching a UID of each message. */
export const uidbatches: Extension = {
  rfcs: {
    10022: { title: 'IMAP UIDBATCHES' },
  },
  capabilities: afterLogin('UIDBATCHES'),
  commands: [uidBatches],
}
