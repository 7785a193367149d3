import { STARTED } from '../base/session/connection'
import { defineCommand } from '../kernel/command'
import type { Extension } from '../kernel/extension'
import { no } from '../kernel/faults'

/** COMPRESS=DEFLATE (RFC 4978). */
const compress = defineCommand({
  name: 'COMPRESS',
  rfc: 'RFC 4978 3',
  states: ['authenticated', 'selected'],
  parse: (cursor) => {
    cursor.space()
    return cursor.keyword()
  },
  run: async ({ session, tag }, mechanism) => {
    if (mechanism !== 'DEFLATE') return { kind: 'bad', text: 'Only DEFLATE is known' }
    if (session.modes.compressed) return no('DEFLATE active already', 'COMPRESSIONACTIVE')
    // The tagged OK is the last thing that is sent uncompressed.
    session.say(`${tag} OK DEFLATE active`)
    session.connection.writer.flush()
    session.connection.startDeflate()
    session.modes.compressed = true
    return STARTED
  },
})

export const compression: Extension = {
  rfc: 'RFC 4978',
  commands: [compress],
  capabilities: ({ state, modes }) =>
    state.name === 'not-authenticated' || modes.compressed ? [] : ['COMPRESS=DEFLATE'],
}
