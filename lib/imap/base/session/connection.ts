import { type Command, defineCommand, nothing } from '../../kernel/command'
import { ANSWERED, bad, done, no } from '../../kernel/reply'
import { LOGGED_IN, NOT_OVER } from '../../kernel/state'
import { tagged, untagged } from '../../wire/response'

const capability = defineCommand({
  name: 'CAPABILITY',
  rfc: 'RFC 9051 6.1.1',
  states: NOT_OVER,
  parse: nothing,
  run: async ({ session }) => {
    session.say(untagged('CAPABILITY', session.capabilities()))
    return done('CAPABILITY completed')
  },
})

const noop = defineCommand({
  name: 'NOOP',
  rfc: 'RFC 9051 6.1.2',
  states: NOT_OVER,
  parse: nothing,
  run: async () => done('NOOP completed'),
})

const logout = defineCommand({
  name: 'LOGOUT',
  rfc: 'RFC 9051 6.1.3',
  states: NOT_OVER,
  expunges: 'none',
  parse: nothing,
  run: async ({ session }) => {
    session.ended = 'logout'
    session.logout()
    await session.leases.release()
    session.say(untagged('BYE', session.inLanguage('see you')))
    return done('LOGOUT completed')
  },
})

const starttls = defineCommand({
  name: 'STARTTLS',
  rfc: 'RFC 9051 6.2.1',
  states: ['not-authenticated'],
  parse: nothing,
  run: async ({ session, tag }) => {
    const { connection, ports } = session
    if (connection.secure) return bad('TLS is active already')
    if (!ports.tlsAvailable()) return no('There is no certificate', 'UNAVAILABLE')
    session.say(tagged(tag, 'ok', session.inLanguage('begin TLS now')))
    connection.writer.flush()
    try {
      await connection.startTls()
    } catch {
      session.logout()
    }
    return ANSWERED
  },
})

const enable = defineCommand({
  name: 'ENABLE',
  rfc: 'RFC 5161 3.1',
  states: LOGGED_IN,
  parse: (cursor) => {
    const words: string[] = []
    while (cursor.try(' ')) words.push(cursor.keyword())
    return words.length > 0 ? words : cursor.fail('a capability')
  },
  run: async ({ session, slots }, words) => {
    const on = words.flatMap((word) => slots.enable.get(word) ?? [])
    for (const slot of on) slot.turnOn(session)
    session.say(untagged('ENABLED', ...on.map(({ word }) => word)))
    return done('ENABLE completed')
  },
})

export const connectionCommands: readonly Command[] = [capability, noop, logout, starttls, enable]
