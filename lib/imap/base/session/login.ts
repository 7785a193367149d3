import type { LoginAnswer } from '../../../login/login'
import { converse, fromBase64 } from '../../../login/sasl/converse'
import { textOf } from '../../../terms/errors'
import { type Command, defineCommand } from '../../kernel/command'
import { bad, done, no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'

async function admit(session: Session, answer: LoginAnswer): Promise<Reply> {
  const { ports } = session
  switch (answer.kind) {
    case 'invalid':
      session.tries++
      return no('Authentication failed.', 'AUTHENTICATIONFAILED')
    case 'unavailable':
      return no('Login not available now, try again later', 'UNAVAILABLE')
    case 'granted': {
      const { connection } = session
      const mail = ports.room.guest(answer.identity, () => ({
        ...{ protocol: 'imap', address: connection.address, client: session.client, connection: connection.id },
      }))
      if (ports.settings.lockAt === 'login') {
        const refused = await session.enter(mail)
        // Not [INUSE] here: clients would ask for a new password.
        if (refused) return no('text' in refused ? refused.text : 'Mailbox locked', 'UNAVAILABLE')
      }
      session.state = { name: 'authenticated', mail }
      session.user = answer.identity.name
      session.idleAfter(ports.settings.idle)
      await ports.room
        .ensureSpecialUse(mail.id)
        .catch((error: unknown) => ports.log.warn(`special-use mailboxes: ${textOf(error)}`))
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
  return bad(text)
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
        return bad('AUTHENTICATE cancelled')
    }
  },
})

export const loginCommands: readonly Command[] = [login, authenticate]
