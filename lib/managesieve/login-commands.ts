import type { LoginAnswer } from '../login/login'
import { converse, fromBase64 } from '../login/sasl/converse'
import { CAPABILITIES } from '../sieve/extensions'
import type { Command, Session } from './command'
import { type Frame, stringOf } from './frame'

/** RFC 5804 1.7; comparators are no extensions there, but what `require` may name is. */
export function sayCapabilities({ state, connection, ports, peer, say }: Session): void {
  const inside = state.name === 'authenticated'
  const offered = CAPABILITIES.filter((capability) => !ports.rules.without.has(capability))
  const rows: readonly (readonly [string, string?])[] = [
    ['IMPLEMENTATION', `haraka-plugin-mailbox ${ports.version}`],
    ['VERSION', '1.0'],
    ['SASL', ports.login.mechanisms(peer()).join(' ')],
    ['SIEVE', offered.join(' ')],
    ...(offered.includes('enotify') ? [['NOTIFY', 'mailto'] as const] : []),
    ['MAXREDIRECTS', String(ports.rules.redirects)],
    ['UNAUTHENTICATE'],
    ...(!inside && !connection.secure && ports.tlsAvailable() ? [['STARTTLS'] as const] : []),
    ...(state.name === 'authenticated' ? [['OWNER', state.mail.identity.name] as const] : []),
  ]
  for (const [name, value] of rows) {
    if (value === undefined) say(stringOf(name))
    else say(stringOf(name), ' ', stringOf(value))
  }
}

/** Refused, or given up half way: a try, or a connection could ask for first answers of SCRAM without end. */
function fail(session: Session, why: string): void {
  if (++session.tries >= session.ports.settings.maxTries) session.bye('Too many failed logins')
  else session.no(why)
}

function enter(session: Session, answer: LoginAnswer, final: Buffer | undefined): void {
  switch (answer.kind) {
    case 'invalid':
      return fail(session, 'Authentication failed.')
    case 'unavailable':
      return session.no('Login not available now, try again later', 'TRYLATER')
    case 'granted':
      session.state = { name: 'authenticated', mail: session.ports.room.account(answer.identity) }
      session.user = answer.identity.name
      // RFC 5804 2.1: the server's last octets go with the OK.
      if (final) return session.say('OK (SASL ', stringOf(final.toString('base64')), ') "Logged in"')
      return session.ok('Logged in')
  }
}

/** The client's answer, a string of its own, or why there is none. */
async function readResponse(session: Session): Promise<string | Exclude<Frame, { kind: 'tokens' }>> {
  const frame = await session.readFrame()
  if (frame.kind !== 'tokens') return frame
  const [token, ...more] = frame.tokens
  if (token?.kind === 'string' && more.length === 0) return token.octets.toString('latin1')
  return { kind: 'bad', why: 'AUTHENTICATE expected one string' }
}

const authenticate: Command = {
  name: 'AUTHENTICATE',
  rfc: 'RFC 5804 2.1',
  states: 'not-authenticated',
  args: ['string', 'string'],
  optionalLast: true,
  run: async (session, [mechanism, initial]) => {
    const { login } = session.ports
    const exchange = login.sasl(session.peer(), String(mechanism).toUpperCase())
    if (!exchange) {
      const hidden = !session.connection.secure && !login.allowsCleartext(session.peer())
      return hidden ? session.no('TLS required', 'ENCRYPT-NEEDED') : session.no('No such mechanism')
    }
    const response = initial === undefined ? undefined : fromBase64(String(initial))
    if (initial !== undefined && !response) return session.no('That is no base64')
    const end = await converse(exchange, response, {
      finalData: 'success',
      challenge: (base64) => session.say(stringOf(base64)),
      read: () => readResponse(session),
    })
    switch (end.kind) {
      case 'answered':
        return enter(session, end.answer, end.final)
      case 'given-up':
        return fail(session, end.why === 'base64' ? 'That is no base64' : 'AUTHENTICATE cancelled')
      case 'bad':
        return fail(session, end.why)
      case 'hopeless':
        return session.bye(end.why)
      case 'end':
        return
    }
  },
}

const starttls: Command = {
  name: 'STARTTLS',
  rfc: 'RFC 5804 2.2',
  states: 'not-authenticated',
  args: [],
  run: async (session) => {
    const { connection, ports } = session
    if (connection.secure) return session.no('TLS is active already')
    if (!ports.tlsAvailable()) return session.no('There is no certificate')
    session.ok('Begin TLS')
    connection.writer.flush()
    try {
      await connection.startTls()
    } catch {
      session.over = true
      return
    }
    sayCapabilities(session)
    session.ok('TLS is active')
  },
}

const unauthenticate: Command = {
  name: 'UNAUTHENTICATE',
  rfc: 'RFC 5804 2.14.1',
  states: 'authenticated',
  args: [],
  run: (session) => {
    session.state = { name: 'not-authenticated' }
    session.ok('Logged out')
  },
}

const capability: Command = {
  name: 'CAPABILITY',
  rfc: 'RFC 5804 2.4',
  states: 'any',
  args: [],
  run: (session) => {
    sayCapabilities(session)
    session.ok('CAPABILITY completed')
  },
}

const noop: Command = {
  name: 'NOOP',
  rfc: 'RFC 5804 2.13',
  states: 'any',
  args: ['string'],
  optionalLast: true,
  run: (session, [tag]) => {
    if (tag === undefined) return session.ok('NOOP completed')
    session.say('OK (TAG ', stringOf(String(tag)), ') "NOOP completed"')
  },
}

const logout: Command = {
  name: 'LOGOUT',
  rfc: 'RFC 5804 2.3',
  states: 'any',
  args: [],
  run: (session) => {
    session.over = true
    session.ended = 'logout'
    session.ok('See you')
  },
}

export const loginCommands: readonly Command[] = [authenticate, starttls, unauthenticate, capability, noop, logout]
