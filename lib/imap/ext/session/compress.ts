import { defineCommand } from '../../kernel/command'
import type { Extension } from '../../kernel/extension'
import { ANSWERED, bad, no } from '../../kernel/reply'
import { LOGGED_IN } from '../../kernel/state'
import { tagged } from '../../wire/response'

/** COMPRESS=DEFLATE (RFC 4978). */
const compress = defineCommand({
  name: 'COMPRESS',
  rfc: 'RFC 4978 3',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    return cursor.keyword()
  },
  run: async ({ session, tag }, mechanism) => {
    if (mechanism !== 'DEFLATE') return bad('Only DEFLATE is known')
    if (session.modes.compressed) return no('DEFLATE active already', 'COMPRESSIONACTIVE')
    // The tagged OK is the last thing that is sent uncompressed.
    session.say(tagged(tag, 'ok', 'DEFLATE active'))
    session.connection.writer.flush()
    session.connection.startDeflate()
    session.modes.compressed = true
    return ANSWERED
  },
})

export const compression: Extension = {
  rfcs: {
    4978: { title: 'IMAP COMPRESS' },
  },
  commands: [compress],
  capabilities: ({ state, modes }) =>
    state.name === 'not-authenticated' || modes.compressed ? [] : ['COMPRESS=DEFLATE'],
}
