import { isUtf8 } from 'node:buffer'
import { peerOf } from '../login/peer'
import { connectionLine } from '../login/session-line'
import { isUnavailable } from '../terms/errors'
import { logThrown } from '../terms/log-thrown'
import type { Connection } from '../transport/connection'
import { isHttpRequest } from '../transport/http'
import { runs } from '../work/loop'
import { turn } from '../work/turns'
import type { Command, Pop3Ports, Session } from './command'
import { commandsOfAnyState } from './commands/any'
import { authorizationCommands } from './commands/authorization'
import { transactionCommands } from './commands/transaction'
import { inLanguage, type Text } from './texts'

/** RFC 2449 4 allows 255 octets; AUTH needs more (RFC 5034 4). */
const LINE_LIMIT = 12_288

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [...commandsOfAnyState, ...authorizationCommands, ...transactionCommands].map((command) => [command.name, command]),
)

export function createPop3Server(ports: Pop3Ports) {
  function openSession(connection: Connection): Session {
    const say = (line: string): void => connection.writer.write(Buffer.from(`${line}\r\n`))
    const modes: Session['modes'] = { utf8: false, language: 'en' }
    return {
      connection,
      ports,
      modes,
      state: { name: 'authorization', user: undefined },
      peer: peerOf('pop3', connection, { mailboxInName: ports.settings.mailboxInName }),
      counts: { retr: 0, dele: 0 },
      user: '',
      ended: undefined,
      tries: 0,
      badCommands: 0,
      over: false,
      say,
      ok: (text, value) => say(`+OK ${inLanguage(modes.language, text, value)}`),
      err: (text, code, value) =>
        say(`-ERR ${code === undefined ? '' : `[${code}] `}${inLanguage(modes.language, text, value)}`),
      readLine: () => connection.reader.nextLine(LINE_LIMIT),
    }
  }

  function bad(session: Session, text: Text): void {
    session.err(text)
    if (++session.badCommands < ports.settings.maxBadCommands) return
    session.ended = 'too many bad commands'
    session.err('too many bad commands, goodbye')
    session.over = true
  }

  /** What a browser was sent here with: nothing behind it is read. */
  function http(session: Session): void {
    session.err('this is no web server')
    session.over = true
  }

  async function dispatch(session: Session, line: Buffer): Promise<void> {
    const text = line.toString('utf8')
    if (isHttpRequest(text)) return http(session)
    const blank = text.indexOf(' ')
    const verb = (blank < 0 ? text : text.slice(0, blank)).toUpperCase()
    const args = blank < 0 ? '' : text.slice(blank + 1)
    const command = COMMANDS.get(verb)
    if (!command || command.known?.(session) === false) return bad(session, 'unknown command')
    if (text.includes('\0')) return bad(session, 'NUL is not allowed')
    // RFC 6856 2.2: names and passwords that are no UTF-8 are refused.
    if (!isUtf8(line)) return bad(session, 'that is no UTF-8')
    const { state } = session
    if (command.states !== 'any' && command.states !== state.name)
      return bad(session, state.name === 'authorization' ? 'log in first' : 'not in this state')
    if (command.bare && blank >= 0) return bad(session, 'without argument')
    // Mistakes now and then are not those of a client that is lost.
    session.badCommands = 0
    // A password keeps its blanks; other arguments do not end in any.
    const trimmed = verb === 'PASS' ? args : args.trim()
    if (state.name === 'transaction' && state.maildrop.lease.lost.aborted && verb !== 'QUIT') {
      session.over = true
      return session.err('the mailbox was given to another session', 'SYS/TEMP')
    }
    const end = runs(`POP3 ${command.name}`)
    try {
      await run(session, command, trimmed)
    } finally {
      end()
    }
  }

  async function run(session: Session, command: Command, args: string): Promise<void> {
    const { state } = session
    if (command.states === 'any') return command.run(session, args)
    if (command.states === 'authorization' && state.name === 'authorization') return command.run(session, args, state)
    if (command.states === 'transaction' && state.name === 'transaction') {
      state.maildrop.lease.touch()
      return command.run(session, args, state)
    }
  }

  async function converse(session: Session): Promise<void> {
    const { connection } = session
    while (!session.over && !connection.closed.aborted) {
      const line = await session.readLine()
      if (line === undefined) return
      if (line === 'too-long') {
        if (isHttpRequest(connection.reader.skipped)) http(session)
        else bad(session, 'line too long')
      } else await dispatch(session, line)
      // A client that sends many commands at once has no more than its turn.
      await turn()
      if (connection.writer.full && !(await connection.writer.drained())) return
    }
  }

  /** Serves one connection to its end. Never rejects. */
  async function serve(connection: Connection): Promise<void> {
    const session = openSession(connection)
    // RFC 1939 3: the timer ends the session without a word and without UPDATE.
    connection.idleAfter(ports.settings.idle)
    const began = performance.now()
    connection.whenStopping((atRest) => {
      session.ended = 'The server is shutting down'
      // RFC 1939 knows no word that nobody asked for; RFC 3206 4 has one for a client that waits for its next answer. Never
      // within an answer of several lines; nothing is deleted.
      if (atRest || session.state.name === 'authorization') session.err('The server is shutting down', 'SYS/TEMP')
      void connection.end()
    })
    const { maxSession } = ports.settings
    const limit = maxSession > 0 ? setTimeout(() => connection.destroy('limit'), maxSession) : undefined
    try {
      // As Dovecot greets its proxies, which look for it.
      const xclient = COMMANDS.get('XCLIENT')?.known?.(session) ? '[XCLIENT] ' : ''
      session.say(`+OK ${xclient}${inLanguage(session.modes.language, 'POP3 ready')}`)
      await converse(session)
      await connection.end()
    } catch (error) {
      logThrown(ports.log, `POP3 ${connection.id}`, error)
      session.err(isUnavailable(error) ? 'Mailbox not available now, try again later' : 'internal error', 'SYS/TEMP')
      await connection.end()
    } finally {
      clearTimeout(limit)
      ports.log.info(
        connectionLine(
          connection,
          { protocol: 'pop3', user: session.user, client: '', counts: session.counts },
          began,
          session.ended,
        ),
      )
      if (session.state.name === 'transaction') await session.state.maildrop.close()
    }
  }

  return {
    name: 'pop3',
    alpn: 'pop3',
    serve,
    refuse: (connection: Connection): void => connection.writer.write('-ERR [SYS/TEMP] Too many connections\r\n'),
  } as const
}
