import { isIP } from 'node:net'
import type { LoginAnswer } from '../../../login/login'
import { converse, fromBase64 } from '../../../login/sasl/converse'
import { type Command, defineCommand, nothing } from '../../kernel/command'
import { done, no, type Reply } from '../../kernel/faults'
import type { Session } from '../../kernel/session'
import { octetsOf, string } from '../../wire/encode'

/** RFC 9051 5.4 */
export const IDLE_TOO_LONG = 'Idle for too long'
const EVERY = ['not-authenticated', 'authenticated', 'selected'] as const

const capability = defineCommand({
  name: 'CAPABILITY',
  rfc: 'RFC 9051 6.1.1',
  states: EVERY,
  parse: nothing,
  run: async ({ session }) => {
    session.say(`* CAPABILITY ${session.capabilities()}`)
    return done('CAPABILITY completed')
  },
})

const noop = defineCommand({
  name: 'NOOP',
  rfc: 'RFC 9051 6.1.2',
  states: EVERY,
  parse: nothing,
  run: async () => done('NOOP completed'),
})

const logout = defineCommand({
  name: 'LOGOUT',
  rfc: 'RFC 9051 6.1.3',
  states: EVERY,
  expunges: 'none',
  parse: nothing,
  run: async ({ session }) => {
    session.close()
    await session.lease?.release()
    session.lease = undefined
    session.say('* BYE see you')
    session.state = { name: 'logout' }
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
    if (connection.secure) return { kind: 'bad', text: 'TLS is active already' }
    if (!ports.tlsAvailable()) return no('There is no certificate', 'UNAVAILABLE')
    session.say(`${tag} OK begin TLS now`)
    connection.writer.flush()
    try {
      await connection.startTls()
    } catch {
      session.state = { name: 'logout' }
    }
    return STARTED
  },
})
/** The tagged OK went out before the handshake. */
export const STARTED: Reply = { kind: 'ok', text: '' }

async function admit(session: Session, answer: LoginAnswer): Promise<Reply> {
  const { ports } = session
  switch (answer.kind) {
    case 'invalid':
      session.tries++
      return no('Authentication failed.', 'AUTHENTICATIONFAILED')
    case 'unavailable':
      return no('Login not available now, try again later', 'UNAVAILABLE')
    case 'granted': {
      const mail = ports.room.account(answer.identity)
      if (ports.settings.lockAt === 'login') {
        const refused = await session.enter(mail)
        // Not [INUSE] here: clients would ask for a new password.
        if (refused) return no('text' in refused ? refused.text : 'Mailbox locked', 'UNAVAILABLE')
      }
      session.state = { name: 'authenticated', mail }
      session.connection.idleAfter(ports.settings.idle, () => void session.bye(IDLE_TOO_LONG))
      await ports.room
        .ensureSpecialUse(mail.id)
        .catch((error: unknown) => ports.log.warn(`special-use mailboxes: ${String(error)}`))
      return done('Logged in', `CAPABILITY ${session.capabilities()}`)
    }
  }
}

const login = defineCommand({
  name: 'LOGIN',
  rfc: 'RFC 9051 6.2.3',
  states: ['not-authenticated'],
  parse: (cursor) => {
    cursor.space()
    const user = cursor.text()
    cursor.space()
    return { user, password: cursor.text() }
  },
  run: async ({ session }, { user, password }) => {
    if (!session.ports.login.allowsCleartext(session.peer())) return no('TLS required', 'PRIVACYREQUIRED')
    return admit(session, await session.ports.login.attempt(session.peer(), user, password))
  },
})

/** Given up half way: a try like any other, or a connection could ask for first answers of SCRAM without end. */
function cancelled(session: Session, text: string): Reply {
  session.tries++
  return { kind: 'bad', text }
}

async function readResponse(session: Session): Promise<string | { readonly kind: 'gone' | 'too-long' }> {
  const line = await session.readLine()
  if (line === undefined) return { kind: 'gone' }
  return line === 'too-long' ? { kind: 'too-long' } : line.toString('latin1')
}

const authenticate = defineCommand({
  name: 'AUTHENTICATE',
  rfc: 'RFC 9051 6.2.2',
  states: ['not-authenticated'],
  parse: (cursor) => {
    cursor.space()
    const mechanism = cursor.keyword()
    // RFC 4959: an initial response; `=` is an empty one.
    if (!cursor.try(' ')) return { mechanism, initial: undefined }
    const initial = fromBase64(cursor.try('=') ? '' : cursor.astring().toString('latin1'))
    return { mechanism, initial: initial ?? cursor.fail('base64') }
  },
  run: async ({ session }, { mechanism, initial }) => {
    const { login: door } = session.ports
    const exchange = door.sasl(session.peer(), mechanism)
    if (!exchange) {
      const hidden = !session.connection.secure && !door.allowsCleartext(session.peer())
      return hidden ? no('TLS required', 'PRIVACYREQUIRED') : no('No such mechanism', 'CANNOT')
    }
    const end = await converse(exchange, initial, {
      finalData: 'challenge',
      challenge: (base64) => session.say(`+ ${base64}`),
      read: () => readResponse(session),
    })
    switch (end.kind) {
      case 'answered':
        return admit(session, end.answer)
      case 'given-up':
        return cancelled(session, end.why === 'base64' ? 'That is no base64' : 'AUTHENTICATE cancelled')
      case 'too-long':
        return cancelled(session, 'AUTHENTICATE cancelled')
      case 'gone':
        return { kind: 'bad', text: 'AUTHENTICATE cancelled' }
    }
  },
})

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
  states: EVERY,
  parse: (cursor) => {
    cursor.space()
    if (cursor.tryWord('NIL')) return new Map<string, string>()
    const found = new Map<string, string>()
    cursor.expect('(')
    while (!cursor.try(')')) {
      if (found.size > 0) cursor.space()
      if (found.size >= 30) cursor.fail('at most 30 fields')
      const name = cursor.string().toString('utf8')
      cursor.space()
      found.set(name.toLowerCase(), cursor.nstring()?.toString('utf8').slice(0, 1024) ?? '')
    }
    return found
  },
  run: async ({ session }, fields) => {
    forwarded(session, fields)
    const name = [fields.get('name'), fields.get('version')].filter(Boolean).join(' ')
    if (name !== '') {
      session.client = name.slice(0, 100)
      session.lease?.describe(session.client)
    }
    session.say(`* ID ("name" "haraka-plugin-mailbox" "version" ${string(octetsOf(session.ports.version))})`)
    return done('ID completed')
  },
})

const enable = defineCommand({
  name: 'ENABLE',
  rfc: 'RFC 5161 3.1',
  states: ['authenticated', 'selected'],
  parse: (cursor) => {
    const words: string[] = []
    while (cursor.try(' ')) words.push(cursor.keyword())
    return words.length > 0 ? words : cursor.fail('a capability')
  },
  run: async ({ session }, words) => {
    const on = words.flatMap((word) => session.slots.enable.get(word) ?? [])
    for (const slot of on) slot.turnOn(session)
    session.say(`* ENABLED${on.map(({ word }) => ` ${word}`).join('')}`)
    return done('ENABLE completed')
  },
})

export const connectionCommands: readonly Command[] = [
  capability,
  noop,
  logout,
  starttls,
  login,
  authenticate,
  id,
  enable,
]
