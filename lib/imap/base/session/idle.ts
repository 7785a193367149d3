import { type Command, defineCommand, nothing } from '../../kernel/command'
import { bad, done } from '../../kernel/reply'
import { LOGGED_IN } from '../../kernel/state'

/** What nobody asked for is said while it waits for DONE. */
const idle = defineCommand({
  name: 'IDLE',
  rfc: 'RFC 2177 and RFC 9051 6.3.13',
  states: LOGGED_IN,
  waits: true,
  parse: nothing,
  run: async ({ session }) => {
    session.say('+ idling')
    session.connection.writer.flush()
    const line = await session.unsolicited.during('idle', session.readLine)
    if (line === undefined) return done('')
    const word = line === 'too-long' ? '' : line.toString('latin1').trim()
    return word.toUpperCase() === 'DONE' ? done('IDLE completed') : bad('Expected DONE')
  },
})

export const idleCommands: readonly Command[] = [idle]
