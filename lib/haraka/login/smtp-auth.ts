import type { Login, LoginPeer } from '../../login/login'
import { type Conversation, createConversation, type Turn } from '../../login/sasl/converse'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import { HOOK, type Next } from '../host'
import { masked } from './masked'

/** The part of Haraka's connection that AUTH touches. */
export interface SmtpConnection {
  readonly uuid: string
  readonly remote: { readonly ip: string }
  readonly tls: { readonly enabled: boolean }
  readonly capabilities: string[]
  readonly transaction: object | null
  /** how the client greeted; of a new connection, and after STARTTLS, not at all */
  readonly hello?: { readonly verb: string | null }
  readonly notes: Record<string, unknown>
  readonly results: { add(plugin: object, result: object): void }
  relaying: boolean
  authheader?: string
  auth_results?(message: string): void
  logprotocol?(...parts: unknown[]): void
  logdebug?(...parts: unknown[]): void
  loginfo?(...parts: unknown[]): void
  respond(code: number, text: string, done: () => void): void
  disconnect(): void
}

/** Failed and cancelled tries after which the connection ends, the same for every reason of failure. */
const TRIES = 5

interface Session {
  running: { readonly conversation: Conversation; readonly mechanism: string } | undefined
  failures: number
  authenticated: boolean
}

/** At its loudest Haraka logs every line of a client, and the parameters of every hook: here those are passwords. */
function hideFromLog(connection: SmtpConnection, running: () => boolean): void {
  for (const method of ['logprotocol', 'logdebug', 'loginfo'] as const) {
    const original = connection[method]
    if (original) connection[method] = (...parts) => original.apply(connection, masked(parts, running()))
  }
}

/**
 * SMTP AUTH (RFC 4954) through the one door, without Haraka's auth_base: no clear password in notes, no delay of 2^n
 * seconds. All functions are hooks: `connect_init` (from there on nothing secret is logged), `capabilities`, and
 * `unrecognized_command` (register it before other plugins).
 */
export function createSmtpAuth(login: () => Login | undefined, plugin: { readonly name: string }, log: Log) {
  const sessions = new WeakMap<SmtpConnection, Session>()

  function sessionOf(connection: SmtpConnection): Session {
    const before = sessions.get(connection)
    if (before) return before
    const session: Session = { running: undefined, failures: 0, authenticated: false }
    sessions.set(connection, session)
    hideFromLog(connection, () => session.running !== undefined)
    return session
  }

  const peerOf = (connection: SmtpConnection): LoginPeer => ({
    protocol: 'smtp',
    address: connection.remote.ip,
    tls: connection.tls.enabled,
    connection: connection.uuid,
  })

  function connectInit(next: Next, connection: SmtpConnection): void {
    sessionOf(connection)
    next()
  }

  function capabilities(next: Next, connection: SmtpConnection): void {
    const door = login()
    sessionOf(connection)
    // Scrambled or not, AUTH waits for TLS unless this network may send clear passwords.
    if (door?.allowsCleartext(peerOf(connection))) {
      const offered = door.mechanisms(peerOf(connection))
      if (offered.length > 0) connection.capabilities.push(`AUTH ${offered.join(' ')}`)
    }
    next()
  }

  function succeed(connection: SmtpConnection, name: string, method: string): void {
    sessionOf(connection).authenticated = true
    connection.relaying = true
    connection.results.add({ name: 'relay' }, { pass: plugin.name })
    connection.results.add({ name: 'auth' }, { pass: plugin.name, method, user: name })
    connection.notes.auth_user = name
    connection.authheader = '(authenticated bits=0)\n'
    connection.auth_results?.(`auth=pass (${method.toLowerCase()})`)
  }

  function failed(next: Next, connection: SmtpConnection, code: number, text: string): void {
    const session = sessionOf(connection)
    session.running = undefined
    session.failures += 1
    connection.respond(code, text, () => {
      next(HOOK.ok)
      if (session.failures >= TRIES) connection.disconnect()
    })
  }

  function settle(next: Next, connection: SmtpConnection, turn: Turn, mechanism: string): void {
    const session = sessionOf(connection)
    const reply = (code: number, text: string): void => connection.respond(code, text, () => next(HOOK.ok))
    if (turn.kind === 'challenge') return reply(334, turn.base64)
    session.running = undefined
    if (turn.kind === 'given-up') {
      const text = turn.why === 'base64' ? '5.5.2 Cannot decode base64' : '5.0.0 Authentication cancelled'
      return failed(next, connection, 501, text)
    }
    const { answer } = turn
    switch (answer.kind) {
      case 'granted':
        succeed(connection, answer.identity.name, mechanism)
        return reply(235, '2.7.0 Authentication successful')
      case 'invalid':
        connection.results.add({ name: 'auth' }, { fail: `${plugin.name}/${mechanism}` })
        connection.auth_results?.(`auth=fail (${mechanism.toLowerCase()})`)
        return failed(next, connection, 535, '5.7.8 Authentication failed')
      case 'unavailable':
        return reply(454, '4.7.0 Temporary authentication failure')
    }
  }

  /** @param line undefined: AUTH came without an initial response */
  function advance(next: Next, connection: SmtpConnection, line: string | undefined): void {
    const running = sessionOf(connection).running
    if (!running) return next()
    const { conversation, mechanism } = running
    const turn = line === undefined ? conversation.begin(undefined) : conversation.hear(line)
    turn.then(
      (said) => settle(next, connection, said, mechanism),
      (error) => {
        log.error(`SMTP AUTH: ${textOf(error)}`)
        settle(next, connection, { kind: 'answered', answer: { kind: 'unavailable', why: 'login' } }, mechanism)
      },
    )
  }

  function begin(next: Next, connection: SmtpConnection, rest: string): void {
    const reply = (code: number, text: string): void => connection.respond(code, text, () => next(HOOK.ok))
    const session = sessionOf(connection)
    // RFC 4954 3 and 4: what EHLO announces, so not without it; not twice, and not within a transaction.
    if (connection.hello && connection.hello.verb !== 'EHLO') return reply(503, '5.5.1 Say EHLO first')
    if (session.authenticated) return reply(503, '5.5.1 Already authenticated')
    if (connection.transaction) return reply(503, '5.5.1 Not during a mail transaction')
    const door = login()
    if (!door) return reply(454, '4.7.0 Temporary authentication failure')
    const peer = peerOf(connection)
    if (!door.allowsCleartext(peer)) return reply(538, '5.7.11 Encryption required for authentication')
    const [mechanism = '', initial, ...more] = rest.trim().split(/ +/)
    if (mechanism === '' || more.length > 0) return reply(501, '5.5.4 Syntax: AUTH mechanism [initial-response]')
    const exchange = door.sasl(peer, mechanism)
    if (!exchange) return reply(504, '5.5.4 Unrecognized authentication type')
    session.running = { conversation: createConversation(exchange, 'challenge'), mechanism: mechanism.toUpperCase() }
    // RFC 4954 4: `=` is an initial response of no octets.
    advance(next, connection, initial === '=' ? '' : initial)
  }

  function unrecognizedCommand(next: Next, connection: SmtpConnection, params: string[]): void {
    const [verb = '', rest = ''] = params
    // However it is written (tabs, blanks before it): what stands behind it is for nobody else.
    const auth = /^\s*AUTH(?:\s|$)/i.test(`${verb} ${rest}`)
    const running = sessionOf(connection).running !== undefined
    if (!auth && !running) return next()
    // Haraka logs the first parameter of a hook: it would be the password, in base64.
    params.splice(0, params.length, 'AUTH')
    if (running) advance(next, connection, `${verb}${rest === '' ? '' : ` ${rest}`}`)
    else begin(next, connection, verb.toUpperCase() === 'AUTH' ? rest : '')
  }

  return { connectInit, capabilities, unrecognizedCommand }
}
