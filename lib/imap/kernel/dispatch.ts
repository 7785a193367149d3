import type { Gone } from '../../mailbox/mailbox'
import { isUnavailable } from '../../terms/errors'
import { logThrown } from '../../terms/log-thrown'
import { runs } from '../../work/loop'
import { BadMailboxName, BadSyntax, Cursor, type Frame } from '../wire/cursor'
import { tagged, untagged } from '../wire/response'
import type { Command, Prepared } from './command'
import { goneText } from './news'
import { ANSWERED, bad, no, type Reply } from './reply'
import type { Session } from './session'
import type { Slots } from './slots'

/** What a server knows: its commands by name, and what extensions add to them. */
export interface Vocabulary {
  readonly commands: ReadonlyMap<string, Command>
  readonly slots: Slots
}

/** `UID FETCH` is one name. */
function commandName(cursor: Cursor): string {
  const word = cursor.keyword()
  if (word !== 'UID') return word
  cursor.space()
  return `UID ${cursor.keyword()}`
}

function finish(session: Session, tag: string, reply: Reply): void {
  if (reply === ANSWERED) return
  session.say(tagged(tag, reply.kind, session.inLanguage(reply.text), reply.code))
}

function refuse(session: Session, tag: string, text: string, code?: string): void {
  finish(session, tag, bad(text, code))
  if (++session.badCommands < session.ports.settings.maxBadCommands) return
  session.ended = 'Too many bad commands'
  session.say(untagged('BYE', session.inLanguage(session.ended)))
  session.logout()
}

/** Response codes in the tagged OK, or before it when that has another. */
function withCodes(session: Session, reply: Reply, codes: readonly string[]): Reply {
  let answer = reply
  for (const code of codes) {
    if (answer !== ANSWERED && answer.kind === 'ok' && answer.code === undefined) answer = { ...answer, code }
    else session.sayOk(code, 'News')
  }
  return answer
}

const goneOf = ({ state }: Session): Gone | undefined => (state.name === 'selected' ? state.view.gone : undefined)
const isRefused = (session: Session): boolean => goneOf(session) === 'refused'

/** Without a word the client would go on with numbers of nothing. */
function sayGone(session: Session): void {
  const gone = goneOf(session)
  if (!gone) return
  session.ended = goneText(gone)
  session.say(untagged('BYE', session.inLanguage(session.ended)))
  session.logout()
}

async function execute(session: Session, command: Command, cursor: Cursor, slots: Slots, tag: string): Promise<void> {
  let prepared: Prepared
  try {
    prepared = command.prepare(cursor, session, slots)
  } catch (error) {
    if (error instanceof BadSyntax) return refuse(session, tag, `${command.name}: ${error.message}`, error.code)
    if (!(error instanceof BadMailboxName)) throw error
    return finish(session, tag, no(`This mailbox name cannot be used: ${error.message}`, 'CANNOT'))
  }
  // Who may not read it any more gets nothing more of it; another mailbox can be opened.
  if (isRefused(session) && (command.by !== undefined || !command.states.includes('authenticated'))) {
    finish(session, tag, no('You have no right to do this', 'NOPERM'))
    return sayGone(session)
  }
  // The limit is for clients that are lost, not for a mistake now and then in a session of days.
  session.badCommands = 0
  session.leases.touch()
  let reply: Reply
  try {
    reply = await prepared.run(tag)
  } catch (error) {
    // Numbers can be wrong for this mailbox only when the command runs.
    if (!(error instanceof BadSyntax)) throw error
    reply = bad(`${command.name}: ${error.message}`, error.code)
  }
  const { expunges } = prepared
  // What others did, as far as this command allows it to be told (RFC 9051 7.5.1).
  const codes = expunges === 'none' ? [] : await session.unsolicited.drain(expunges, command.by === 'uid')
  finish(session, tag, withCodes(session, reply, codes))
  // The command is answered first.
  sayGone(session)
}

function failed(session: Session, command: Command, tag: string, error: unknown): void {
  const id = session.connection.id.slice(0, 8)
  logThrown(session.ports.log, `IMAP ${id} ${command.name}`, error)
  // A response was begun: whatever is said now would be read as its rest.
  if (session.inResponse) return session.logout()
  const reply = isUnavailable(error)
    ? no('Not available now, try again later', 'UNAVAILABLE')
    : no(`Internal error ${id}`, 'SERVERBUG')
  finish(session, tag, reply)
}

/** One command from its octets to its tagged response. */
export async function dispatch(session: Session, { commands, slots }: Vocabulary, frame: Frame): Promise<void> {
  const cursor = new Cursor(frame, session.modes.utf8)
  let tag = '*'
  let command: Command | undefined
  try {
    tag = cursor.tag()
    cursor.space()
    command = commands.get(commandName(cursor))
  } catch (error) {
    if (!(error instanceof BadSyntax)) throw error
  }
  if (!command) return refuse(session, tag, tag === '*' ? 'A command starts with a tag' : 'Unknown command')
  if (!command.states.some((state) => state === session.state.name))
    return refuse(session, tag, `${command.name} not in this state`)
  // RFC 9586 3.2: with any arguments
  if (session.modes.uidonly && command.by === 'seq')
    return refuse(session, tag, `UID ${command.name} only, after ENABLE UIDONLY`, 'UIDREQUIRED')
  const end = command.waits ? undefined : runs(`IMAP ${command.name}`)
  try {
    await execute(session, command, cursor, slots, tag)
  } catch (error) {
    failed(session, command, tag, error)
  } finally {
    end?.()
    await session.leases.settle()
  }
}
