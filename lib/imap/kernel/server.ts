import { logThrown } from '../../terms/log-thrown'
import type { Connection } from '../../transport/connection'
import { turn } from '../../work/turns'
import { type FrameLimits, type Read, readFrame } from '../wire/frame'
import { createLiterals, type Share } from '../wire/literals'
import { tagged, untagged } from '../wire/response'
import { dispatch, type Vocabulary } from './dispatch'
import { commandsOf, type Extension, slotsOf } from './extension'
import { openSession } from './open-session'
import type { ImapPorts, Session } from './session'

/** Before login nobody needs more. */
const LOGIN_LITERAL = 4096
const LITERAL = 1024 * 1024
const LOGIN_LINE = 16 * 1024
/** ID at its longest (RFC 2971 3.3): 30 fields, each value of 1024 octets that all may be quoted */
const ID_LINE = 72 * 1024

const STOPPING = 'The server is shutting down'

/** RFC 9051 7.1.5, and 3.4: a server says BYE before it closes; in the middle of a response, behind it. */
function leave(session: Session): void {
  if (session.inResponse) session.parting = STOPPING
  else void session.bye(STOPPING)
}

const bye = (session: Session, text: string): void => {
  session.ended ??= text
  session.say(untagged('BYE', session.inLanguage(text)))
  session.logout()
}

/** An IMAP server that speaks what these extensions say. */
export function createServer(ports: ImapPorts, extensions: readonly Extension[]) {
  const vocabulary: Vocabulary = { commands: commandsOf(extensions), slots: slotsOf(extensions) }
  const literals = createLiterals()

  const limitsOf = (session: Session): FrameLimits => {
    const before = session.state.name === 'not-authenticated'
    return {
      line: before ? ID_LINE : ports.settings.maxLine,
      first: (line) => (before && !/^\S+ ID /i.test(line) ? LOGIN_LINE : Number.POSITIVE_INFINITY),
      literal: (first) =>
        before ? LOGIN_LITERAL : /^\S+ (?:APPEND|(?:UID )?REPLACE) /i.test(first) ? ports.settings.maxAppend : LITERAL,
      room: session.makeRoom,
    }
  }

  /** No async function: a session in IDLE waits in here, and there are thousands. */
  function answer(session: Session, read: Exclude<Read, { kind: 'end' }>): Promise<void> | void {
    switch (read.kind) {
      case 'http':
        return bye(session, 'This is no web server')
      case 'hopeless':
        return bye(session, 'The literal is too big')
      case 'too-long':
        if (read.what === 'literal')
          return session.say(tagged(read.tag, 'no', session.inLanguage('The literal is too big'), 'TOOBIG'))
        session.say(tagged(read.tag, 'bad', 'Line too long'))
        if (++session.badCommands >= ports.settings.maxBadCommands) bye(session, 'Too many bad commands')
        return
      case 'command':
        return dispatch(session, vocabulary, read.frame)
    }
  }

  async function converse(session: Session, share: Share): Promise<void> {
    const { connection, unsolicited } = session
    while (session.state.name !== 'logout' && !connection.closed.aborted) {
      const read = await unsolicited.during('between', () => readFrame(connection, limitsOf(session)))
      if (read.kind === 'end') return
      await answer(session, read)
      share.release()
      // A client that sends many commands at once has no more than its turn.
      await turn()
      if (session.tries >= ports.settings.maxTries) return bye(session, 'Too many failed logins')
      if (connection.writer.full && !(await connection.writer.drained())) return
    }
  }

  /** Serves one connection to its end. Never rejects. */
  async function serve(connection: Connection): Promise<void> {
    const share = literals()
    const session = openSession(connection, ports, vocabulary.slots, share)
    session.idleAfter(ports.settings.loginTime)
    connection.whenStopping(() => leave(session))
    try {
      session.sayOk(`CAPABILITY ${session.capabilities()}`, 'IMAP ready')
      await converse(session, share)
    } catch (error) {
      logThrown(ports.log, `IMAP ${connection.id}`, error)
    }
    share.release()
    session.logout()
    await session.finish()
    await connection.end()
  }

  return {
    name: 'imap',
    alpn: 'imap',
    serve,
    refuse: (connection: Connection): void =>
      connection.writer.write(`${untagged('BYE', '[LIMIT]', 'Too many connections')}\r\n`),
  } as const
}
