import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { peerOf } from '../login/peer'
import { connectionLine } from '../login/session-line'
import { MAX_SCRIPT } from '../sieve/lexer'
import { logThrown } from '../terms/log-thrown'
import type { Connection } from '../transport/connection'
import { runs } from '../work/loop'
import { turn } from '../work/turns'
import type { Argument, Command, Session, SievePorts } from './command'
import { readFrame, stringOf, type Token } from './frame'
import { loginCommands, sayCapabilities } from './login-commands'
import { scriptCommands } from './script-commands'

/** Octets of a command's literals: names and answers of SASL mechanisms; a script once somebody is logged in. */
const SMALL = 12_288

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [...loginCommands, ...scriptCommands].map((command) => [command.name, command]),
)

/** RFC 5804 4: `number`, 32 bits without leading zeros */
function numberOf(text: string): number | undefined {
  const value = Number(text)
  return /^(?:0|[1-9]\d{0,9})$/.test(text) && value < 2 ** 32 ? value : undefined
}

function argumentsOf({ args, optionalLast }: Command, tokens: readonly Token[]): Argument[] | undefined {
  const least = optionalLast ? args.length - 1 : args.length
  if (tokens.length < least || tokens.length > args.length) return undefined
  const values = tokens.map((token, index) => {
    if (args[index] === 'number') return token.kind === 'atom' ? numberOf(token.text) : undefined
    return token.kind === 'string' && isUtf8(token.octets) ? token.octets.toString('utf8') : undefined
  })
  const right = values.filter((argument) => argument !== undefined)
  return right.length === values.length ? right : undefined
}

/** ManageSieve (RFC 5804): owners put and choose their Sieve scripts. */
export function createSieveServer(ports: SievePorts) {
  function openSession(connection: Connection): Session {
    const say: Session['say'] = (...pieces) => {
      for (const piece of pieces) connection.writer.write(typeof piece === 'string' ? Buffer.from(piece) : piece)
      connection.writer.write('\r\n')
    }
    const session: Session = {
      connection,
      ports,
      peer: peerOf('sieve', connection),
      state: { name: 'not-authenticated' },
      user: '',
      ended: undefined,
      tries: 0,
      badCommands: 0,
      over: false,
      say,
      ok: (text) => say('OK ', stringOf(text)),
      no: (text, code) => say(code === undefined ? 'NO ' : `NO (${code}) `, stringOf(text)),
      bye: (text, code) => {
        session.ended ??= text
        say(code === undefined ? 'BYE ' : `BYE (${code}) `, stringOf(text))
        session.over = true
      },
      readFrame: () => readFrame(connection, session.state.name === 'authenticated' ? MAX_SCRIPT + SMALL : SMALL),
    }
    return session
  }

  function bad(session: Session, text: string): void {
    if (++session.badCommands >= ports.settings.maxBadCommands) session.bye('Too many bad commands')
    else session.no(text)
  }

  async function dispatch(session: Session, [verb, ...rest]: readonly Token[]): Promise<void> {
    const command = verb?.kind === 'atom' ? COMMANDS.get(verb.text.toUpperCase()) : undefined
    if (!command) return bad(session, 'Unknown command')
    const { state } = session
    if (command.states !== 'any' && command.states !== state.name)
      return bad(session, state.name === 'authenticated' ? 'Logged in already' : 'Log in first')
    // Too big for a script, and for everything else.
    if (rest.some(({ kind }) => kind === 'too-big'))
      return session.no(`A script has at most ${MAX_SCRIPT} octets`, 'QUOTA/MAXSIZE')
    const args = argumentsOf(command, rest)
    if (!args) return bad(session, `${command.name} takes other arguments`)
    // Mistakes now and then are not those of a client that is lost.
    session.badCommands = 0
    const end = runs(`ManageSieve ${command.name}`)
    try {
      if (command.states !== 'authenticated') await command.run(session, args)
      else if (state.name === 'authenticated') await command.run(session, args, state.mail)
    } finally {
      end()
    }
  }

  async function run(session: Session, tokens: readonly Token[]): Promise<void> {
    try {
      await dispatch(session, tokens)
    } catch (error) {
      const id = randomBytes(4).toString('hex')
      logThrown(ports.log, `ManageSieve ${id} ${session.connection.id}`, error)
      session.no(`Not available now, try again later (${id})`, 'TRYLATER')
    }
  }

  async function converse(session: Session): Promise<void> {
    const { connection } = session
    while (!session.over && !connection.closed.aborted) {
      const frame = await session.readFrame()
      if (frame.kind === 'end') return
      if (frame.kind === 'hopeless') session.bye(frame.why)
      else if (frame.kind === 'bad') bad(session, frame.why)
      else await run(session, frame.tokens)
      // A client that sends many commands at once has no more than its turn.
      await turn()
      if (connection.writer.full && !(await connection.writer.drained())) return
    }
  }

  /** Serves one connection to its end. Never rejects. */
  async function serve(connection: Connection): Promise<void> {
    const began = performance.now()
    const session = openSession(connection)
    connection.idleAfter(ports.settings.idle, () => {
      session.bye('Idle for too long')
      void connection.end()
    })
    // RFC 5804 1.3: BYE is said before the server closes, whoever speaks.
    connection.whenStopping(() => {
      session.bye('The server is shutting down', 'TRYLATER')
      void connection.end()
    })
    try {
      // RFC 5804 1.7: capabilities are the greeting.
      sayCapabilities(session)
      session.ok('ManageSieve ready')
      await converse(session)
    } catch (error) {
      logThrown(ports.log, `ManageSieve ${connection.id}`, error)
    } finally {
      ports.log.info(
        connectionLine(
          connection,
          { protocol: 'sieve', user: session.user, client: '', counts: {} },
          began,
          session.ended,
        ),
      )
      await connection.end()
    }
  }

  return {
    name: 'sieve',
    alpn: 'managesieve',
    serve,
    refuse: (connection: Connection): void => connection.writer.write('BYE (TRYLATER) "Too many connections"\r\n'),
  } as const
}
