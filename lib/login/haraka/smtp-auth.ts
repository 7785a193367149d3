import constants from 'haraka-constants'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import type { Login, LoginPeer, SaslExchange, SaslStep } from '../login'
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
type Next = (code?: number) => void

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** Failed and cancelled tries after which the connection ends, the same for every reason of failure. */
const TRIES = 5

interface Session {
  running: { readonly exchange: SaslExchange; readonly mechanism: string } | undefined
  failures: number
  authenticated: boolean
}

const decode = (text: string): Buffer | undefined => (BASE64.test(text) ? Buffer.from(text, 'base64') : undefined)

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
    const known = sessions.get(connection)
    if (known) return known
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
      next(constants.ok)
      if (session.failures >= TRIES) connection.disconnect()
    })
  }

  function settle(next: Next, connection: SmtpConnection, step: SaslStep, mechanism: string): void {
    const session = sessionOf(connection)
    const reply = (code: number, text: string): void => connection.respond(code, text, () => next(constants.ok))
    if (step.kind === 'challenge') return reply(334, step.octets.toString('base64'))
    session.running = undefined
    const { answer, final } = step
    switch (answer.kind) {
      case 'granted':
        if (final) {
          // RFC 4954 4: additional data with success goes into one more challenge, which the client answers with nothing.
          session.running = { exchange: { step: async () => ({ kind: 'done', answer }) }, mechanism }
          return reply(334, final.toString('base64'))
        }
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

  function advance(next: Next, connection: SmtpConnection, response: Buffer | undefined): void {
    const running = sessionOf(connection).running
    if (!running) return next()
    const { exchange, mechanism } = running
    exchange.step(response).then(
      (step) => settle(next, connection, step, mechanism),
      (error) => {
        log.error(`SMTP AUTH: ${textOf(error)}`)
        settle(next, connection, { kind: 'done', answer: { kind: 'unavailable', why: 'login' } }, mechanism)
      },
    )
  }

  /** A line of an exchange under way, as Haraka cut it into verb and rest. */
  function continued(next: Next, connection: SmtpConnection, line: string): void {
    const response = line === '*' ? undefined : decode(line)
    if (response) return advance(next, connection, response)
    // Given up half way: a try, or a connection could ask for first answers of SCRAM without end.
    failed(next, connection, 501, line === '*' ? '5.0.0 Authentication cancelled' : '5.5.2 Cannot decode base64')
  }

  function begin(next: Next, connection: SmtpConnection, rest: string): void {
    const reply = (code: number, text: string): void => connection.respond(code, text, () => next(constants.ok))
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
    session.running = { exchange, mechanism: mechanism.toUpperCase() }
    if (initial === undefined) return advance(next, connection, undefined)
    // RFC 4954 4: `=` is an initial response of no octets.
    continued(next, connection, initial === '=' ? '' : initial)
  }

  function unrecognizedCommand(next: Next, connection: SmtpConnection, params: string[]): void {
    const [verb = '', rest = ''] = params
    // However it is written (tabs, blanks before it): what stands behind it is for nobody else.
    const auth = /^\s*AUTH(?:\s|$)/i.test(`${verb} ${rest}`)
    const running = sessionOf(connection).running !== undefined
    if (!auth && !running) return next()
    // Haraka logs the first parameter of a hook: it would be the password, in base64.
    params.splice(0, params.length, 'AUTH')
    if (running) continued(next, connection, `${verb}${rest === '' ? '' : ` ${rest}`}`)
    else begin(next, connection, verb.toUpperCase() === 'AUTH' ? rest : '')
  }

  return { connectInit, capabilities, unrecognizedCommand }
}
