import type { LoginPeer } from '../login/login'
import type { Connection } from '../transport/connection'
import type { Command, Pop3Ports, Session } from './command'
import { commandsOfAnyState } from './commands/any'
import { authorizationCommands } from './commands/authorization'
import { transactionCommands } from './commands/transaction'

/** RFC 2449 4 allows 255 octets; AUTH needs more (RFC 5034 4). */
const LINE_LIMIT = 12_288

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [...commandsOfAnyState, ...authorizationCommands, ...transactionCommands].map((command) => [command.name, command]),
)

export function createPop3Server(ports: Pop3Ports) {
  function openSession(connection: Connection): Session {
    let bindings: { secure: boolean; peer: LoginPeer } | undefined
    const peer = (): LoginPeer => {
      if (bindings?.secure === connection.secure) return bindings.peer
      const made: LoginPeer = {
        protocol: 'pop3',
        address: connection.address,
        ...(connection.proxy !== undefined && { proxy: connection.proxy }),
        tls: connection.secure,
        connection: connection.id,
        ...(connection.secure && { channelBindings: connection.channelBindings() }),
      }
      bindings = { secure: connection.secure, peer: made }
      return made
    }
    const readLine = async (): Promise<Buffer | 'too-long' | undefined> => {
      for (;;) {
        const line = connection.reader.line(LINE_LIMIT)
        if (line !== undefined) return line
        if (!(await connection.reader.more())) return connection.reader.line(LINE_LIMIT)
      }
    }
    return {
      connection,
      ports,
      state: { name: 'authorization', user: undefined },
      peer,
      tries: 0,
      badCommands: 0,
      over: false,
      say: (line) => connection.writer.write(`${line}\r\n`),
      readLine,
    }
  }

  function bad(session: Session, text: string): void {
    session.say(`-ERR ${text}`)
    if (++session.badCommands < ports.settings.maxBadCommands) return
    session.say('-ERR too many bad commands, goodbye')
    session.over = true
  }

  async function dispatch(session: Session, line: Buffer): Promise<void> {
    const text = line.toString(session.state.name === 'authorization' ? 'utf8' : 'latin1')
    const blank = text.indexOf(' ')
    const verb = (blank < 0 ? text : text.slice(0, blank)).toUpperCase()
    const args = blank < 0 ? '' : text.slice(blank + 1)
    const command = COMMANDS.get(verb)
    if (!command) return bad(session, 'unknown command')
    if (text.includes('\0')) return bad(session, 'NUL is not allowed')
    const { state } = session
    // A password keeps its blanks; other arguments do not end in any.
    const trimmed = verb === 'PASS' ? args : args.trim()
    if (command.states === 'any') return command.run(session, trimmed)
    if (command.states === 'authorization' && state.name === 'authorization')
      return command.run(session, trimmed, state)
    if (command.states === 'transaction' && state.name === 'transaction') {
      state.maildrop.lease.touch()
      return command.run(session, trimmed, state)
    }
    return bad(session, state.name === 'authorization' ? 'log in first' : 'not in this state')
  }

  async function converse(session: Session): Promise<void> {
    const { connection } = session
    while (!session.over && !connection.closed.aborted) {
      const line = await session.readLine()
      if (line === undefined) return
      if (line === 'too-long') bad(session, 'line too long')
      else await dispatch(session, line)
      if (connection.writer.full && !(await connection.writer.drained())) return
    }
  }

  /** Serves one connection to its end. Never rejects. */
  async function serve(connection: Connection): Promise<void> {
    const session = openSession(connection)
    // RFC 1939 3: the timer ends the session without a word and without UPDATE.
    connection.idleAfter(ports.settings.idle)
    const { maxSession } = ports.settings
    const limit = maxSession > 0 ? setTimeout(() => connection.destroy('limit'), maxSession) : undefined
    try {
      session.say('+OK POP3 ready')
      await converse(session)
      await connection.end()
    } catch (error) {
      ports.log.error(
        `POP3 ${connection.id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
      session.say('-ERR [SYS/TEMP] internal error')
      await connection.end()
    } finally {
      clearTimeout(limit)
      if (session.state.name === 'transaction') await session.state.maildrop.close()
    }
  }

  return {
    name: 'pop3',
    serve,
    refuse: (connection: Connection): void => connection.writer.write('-ERR [SYS/TEMP] Too many connections\r\n'),
  } as const
}
