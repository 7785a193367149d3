import type { LoginAnswer, SaslStep } from '../../login/login'
import { onAbort } from '../../terms/abort'
import type { Command, Session } from '../command'
import { refusalText } from '../faults'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

async function enter(session: Session, answer: LoginAnswer): Promise<void> {
  const { ports, connection } = session
  switch (answer.kind) {
    case 'invalid':
      session.tries++
      session.say('-ERR [AUTH] Authentication failed.')
      if (session.tries >= ports.settings.maxTries) session.over = true
      return
    case 'unavailable':
      return session.say('-ERR [SYS/TEMP] Login not available now, try again later')
    case 'granted': {
      const { identity } = answer
      const entry = { protocol: 'pop3', address: connection.address } as const
      const opened = await ports.room
        .account(identity)
        .openMaildrop(entry, { order: ports.settings.order }, connection.closed)
      if (!opened.ok) return session.say(refusalText(opened.fault, ports.tellHolder))
      const maildrop = opened.value
      if (connection.closed.aborted) return maildrop.close()
      session.state = { name: 'transaction', maildrop, identity, deleted: new Set(), seen: new Set() }
      // A lease that is lost (kick, take-over) ends the session without UPDATE.
      onAbort(maildrop.lease.lost, () => connection.destroy('kicked'))
      return session.say(`+OK ${maildrop.count} messages`)
    }
  }
}

const user: Command = {
  name: 'USER',
  rfc: 'RFC 1939 7',
  states: 'authorization',
  run: (session, args, state) => {
    if (!session.ports.login.allowsCleartext(session.peer())) return session.say('-ERR [AUTH] TLS required')
    if (args === '') return session.say('-ERR USER needs a name')
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
    if (!session.ports.login.allowsCleartext(session.peer())) return session.say('-ERR [AUTH] TLS required')
    if (state.user === undefined) return session.say('-ERR USER first')
    const name = state.user
    state.user = undefined
    await enter(session, await session.ports.login.attempt(session.peer(), name, args))
  },
}

async function converse(
  session: Session,
  first: SaslStep,
  next: (response: Buffer) => Promise<SaslStep>,
): Promise<void> {
  let step = first
  for (;;) {
    if (step.kind === 'done' && !(step.answer.kind === 'granted' && step.final)) return enter(session, step.answer)
    // RFC 5034 4: additional data with success is one more challenge, answered by an empty line.
    const octets = step.kind === 'challenge' ? step.octets : (step.final ?? Buffer.alloc(0))
    session.say(`+ ${octets.toString('base64')}`)
    const line = await session.readLine()
    if (line === undefined) return
    if (line === 'too-long') return session.say('-ERR line too long')
    const text = line.toString('latin1')
    if (text === '*') return session.say('-ERR AUTH cancelled')
    if (step.kind === 'done') return enter(session, step.answer)
    if (!BASE64.test(text)) return session.say('-ERR that is no base64')
    step = await next(Buffer.from(text, 'base64'))
  }
}

const auth: Command = {
  name: 'AUTH',
  rfc: 'RFC 5034 4',
  states: 'authorization',
  run: async (session, args) => {
    const [mechanism = '', initial] = args.split(' ')
    const exchange = session.ports.login.sasl(session.peer(), mechanism)
    if (!exchange) {
      const hidden = !session.connection.secure && !session.ports.login.allowsCleartext(session.peer())
      return session.say(hidden ? '-ERR [AUTH] TLS required' : '-ERR no such mechanism')
    }
    if (initial !== undefined && initial !== '=' && !BASE64.test(initial)) return session.say('-ERR that is no base64')
    const response =
      initial === undefined ? undefined : initial === '=' ? Buffer.alloc(0) : Buffer.from(initial, 'base64')
    await converse(session, await exchange.step(response), (octets) => exchange.step(octets))
  },
}

const stls: Command = {
  name: 'STLS',
  rfc: 'RFC 2595 4',
  states: 'authorization',
  run: async (session, _args, state) => {
    const { connection, ports } = session
    if (connection.secure) return session.say('-ERR TLS is active already')
    if (!ports.tlsAvailable()) return session.say('-ERR there is no certificate')
    session.say('+OK begin TLS')
    try {
      await connection.startTls()
      state.user = undefined
    } catch {
      session.over = true
    }
  },
}

export const authorizationCommands: readonly Command[] = [user, pass, auth, stls]
