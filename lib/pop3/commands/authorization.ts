import { isIP } from 'node:net'
import type { LoginAnswer } from '../../login/login'
import { converse, initialResponse } from '../../login/sasl/converse'
import { onAbort } from '../../terms/abort'
import type { Command, Session } from '../command'
import { refuse } from '../faults'
import { sendLines } from '../multiline'

/** Refused, or given up half way: a try, or a connection could ask for first answers of SCRAM without end. */
function failed(session: Session, ...answer: Parameters<Session['err']>): void {
  session.tries++
  session.err(...answer)
  if (session.tries < session.ports.settings.maxTries) return
  session.ended = 'too many failed logins'
  session.over = true
}

async function enter(session: Session, answer: LoginAnswer): Promise<void> {
  const { ports, connection } = session
  switch (answer.kind) {
    case 'invalid':
      return failed(session, 'Authentication failed.', 'AUTH')
    case 'unavailable':
      return session.err('Login not available now, try again later', 'SYS/TEMP')
    case 'granted': {
      const { identity } = answer
      const { order, loginDelay, loginDelayAnswer: tooSoon } = ports.settings
      const entry = { protocol: 'pop3', address: connection.address } as const
      const opened = await ports.room
        .account(identity, () => ({ protocol: 'pop3', address: connection.address, connection: connection.id }))
        .openMaildrop(entry, { order, loginDelay, tooSoon }, connection.closed)
      if (!opened.ok) return refuse(session, opened.fault)
      const maildrop = opened.value
      session.user = identity.name
      if (connection.closed.aborted) return maildrop.close()
      session.state = { name: 'transaction', maildrop, identity, deleted: new Set(), retrieved: new Set() }
      // A lease that is lost ends the session without UPDATE: at once when somebody ended it; when this process was stopped or
      // cut off for too long (`expired`), the client hears at its next command that nothing was removed.
      const { lost } = maildrop.lease
      onAbort(lost, () => {
        if (lost.reason !== 'expired') connection.destroy('kicked')
      })
      return session.ok('{} messages', maildrop.count)
    }
  }
}

const trusted = ({ connection, ports }: Session): boolean =>
  ports.login.trustsProxy(connection.proxy ?? connection.address)

/** Not of an RFC: as Dovecot's proxies send it, `ADDR=` and `PORT=`, the names of Postfix's XCLIENT. */
const xclient: Command = {
  name: 'XCLIENT',
  rfc: 'none',
  known: trusted,
  states: 'authorization',
  run: (session, args) => {
    const value = (name: string): string => new RegExp(`(?:^| )${name}=(?:IPV6:)?(\\S*)`, 'i').exec(args)?.[1] ?? ''
    const address = value('ADDR')
    if (isIP(address) === 0) return session.err('XCLIENT needs an address')
    const port = Number(value('PORT'))
    session.connection.forward({ address, ...(port > 0 && port < 65_536 && { port }) })
    session.ok('address noted')
  },
}

const user: Command = {
  name: 'USER',
  rfc: 'RFC 1939 7',
  states: 'authorization',
  run: (session, args, state) => {
    if (!session.ports.login.allowsCleartext(session.peer())) return session.err('TLS required', 'AUTH')
    if (args === '') return session.err('USER needs a name')
    state.user = args
    // The same for every name: whether it exists is nobody's business.
    session.say('+OK')
  },
}

const pass: Command = {
  name: 'PASS',
  rfc: 'RFC 1939 7',
  states: 'authorization',
  run: async (session, args, state) => {
    if (!session.ports.login.allowsCleartext(session.peer())) return session.err('TLS required', 'AUTH')
    if (state.user === undefined) return session.err('USER first')
    const name = state.user
    state.user = undefined
    await enter(session, await session.ports.login.attempt(session.peer(), name, args))
  },
}

async function readResponse(session: Session): Promise<string | { readonly kind: 'gone' | 'too-long' }> {
  const line = await session.readLine()
  if (line === undefined) return { kind: 'gone' }
  return line === 'too-long' ? { kind: 'too-long' } : line.toString('latin1')
}

const auth: Command = {
  name: 'AUTH',
  rfc: 'RFC 5034 4',
  states: 'authorization',
  run: async (session, args) => {
    const { login } = session.ports
    if (args === '') {
      // Not in RFC 5034, but asked by clients older than CAPA: the mechanisms, one a line.
      session.say('+OK')
      await sendLines(session.connection.writer, login.mechanisms(session.peer()))
      return
    }
    const [mechanism = '', initial, ...more] = args.split(' ')
    const exchange = login.sasl(session.peer(), mechanism)
    if (!exchange) {
      const hidden = !session.connection.secure && !login.allowsCleartext(session.peer())
      return hidden ? session.err('TLS required', 'AUTH') : session.err('no such mechanism')
    }
    const response = initial === undefined ? undefined : initialResponse(initial)
    if (more.length > 0 || (initial !== undefined && !response)) return session.err('that is no base64')
    const end = await converse(exchange, response, {
      finalData: 'challenge',
      challenge: (base64) => session.say(`+ ${base64}`),
      read: () => readResponse(session),
    })
    switch (end.kind) {
      case 'answered':
        return enter(session, end.answer)
      case 'given-up':
        return failed(session, end.why === 'base64' ? 'that is no base64' : 'AUTH cancelled')
      case 'too-long':
        return failed(session, 'line too long')
      case 'gone':
        return
    }
  },
}

const stls: Command = {
  name: 'STLS',
  rfc: 'RFC 2595 4',
  states: 'authorization',
  bare: true,
  run: async (session, _args, state) => {
    const { connection, ports, modes } = session
    if (connection.secure) return session.err('TLS is active already')
    // RFC 6856 2.1
    if (modes.utf8) return session.err('no STLS after UTF8')
    if (!ports.tlsAvailable()) return session.err('there is no certificate')
    session.ok('begin TLS')
    try {
      await connection.startTls()
      // RFC 2595 4: what was said in the clear is forgotten.
      state.user = undefined
      modes.language = 'en'
    } catch {
      session.over = true
    }
  },
}

const utf8: Command = {
  name: 'UTF8',
  rfc: 'RFC 6856 2.1',
  states: 'authorization',
  bare: true,
  run: (session) => {
    session.modes.utf8 = true
    session.ok('UTF-8 from now on')
  },
}

export const authorizationCommands: readonly Command[] = [user, pass, auth, stls, utf8, xclient]
