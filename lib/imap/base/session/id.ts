import { isIP } from 'node:net'
import { type Command, defineCommand } from '../../kernel/command'
import { done } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import { NOT_OVER } from '../../kernel/state'
import { octetsOf, string } from '../../wire/encode'
import { list, untagged } from '../../wire/response'

/**
 * RFC 2971 leaves field names open; these are what webmail and proxies send. Only a trusted front-end may say for whom it
 * speaks, and only before it logs in.
 */
function forwarded(session: Session, fields: ReadonlyMap<string, string>): void {
  const { connection, ports, state } = session
  const address = fields.get('x-originating-ip') ?? ''
  const trusted = ports.login.trustsProxy(connection.proxy ?? connection.address)
  if (state.name !== 'not-authenticated' || !trusted || isIP(address) === 0) return
  const port = Number(fields.get('x-originating-port'))
  connection.forward({ address, ...(port > 0 && port < 65_536 && { port }) })
}

const id = defineCommand({
  name: 'ID',
  rfc: 'RFC 2971 3.1',
  states: NOT_OVER,
  parse: (cursor) => {
    cursor.space()
    if (cursor.tryWord('NIL')) return new Map<string, string>()
    const fields = new Map<string, string>()
    cursor.expect('(')
    while (!cursor.try(')')) {
      if (fields.size > 0) cursor.space()
      if (fields.size >= 30) cursor.fail('at most 30 fields')
      const name = cursor.string().toString('utf8')
      cursor.space()
      fields.set(name.toLowerCase(), cursor.nstring()?.toString('utf8').slice(0, 1024) ?? '')
    }
    return fields
  },
  run: async ({ session }, fields) => {
    forwarded(session, fields)
    const name = [fields.get('name'), fields.get('version')].filter(Boolean).join(' ')
    if (name !== '') {
      session.client = name.slice(0, 100)
      session.leases.describe(session.client)
    }
    const ours = ['name', 'haraka-plugin-mailbox', 'version', session.ports.version]
    session.say(untagged('ID', list(ours.map((text) => string(octetsOf(text))))))
    return done('ID completed')
  },
})

export const idCommands: readonly Command[] = [id]
