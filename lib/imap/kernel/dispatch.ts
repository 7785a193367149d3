import { isUnavailable } from '../../terms/errors'
import { logThrown } from '../../terms/log-thrown'
import { runs } from '../../work/loop'
import { STARTED } from '../base/session/connection'
import { extensions } from '../extensions'
import { BadMailboxName, BadSyntax, Cursor, type Frame } from '../wire/cursor'
import type { Command, Expunges, Prepared } from './command'
import { no, type Reply } from './faults'
import type { Session } from './session'

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  extensions.flatMap((extension) => extension.commands ?? []).map((command) => [command.name, command]),
)

/** `UID FETCH` is one name. */
function commandName(cursor: Cursor): string {
  const word = cursor.keyword()
  if (word !== 'UID') return word
  cursor.space()
  return `UID ${cursor.keyword()}`
}

function finish(session: Session, tag: string, reply: Reply): void {
  if (reply === STARTED) return
  const code = 'code' in reply && reply.code !== undefined ? `[${reply.code}] ` : ''
  session.say(`${tag} ${reply.kind.toUpperCase()} ${code}${reply.text}`)
}

function bad(session: Session, tag: string, text: string): void {
  session.say(`${tag} BAD ${text}`)
  if (++session.badCommands < session.ports.settings.maxBadCommands) return
  session.say('* BYE Too many bad commands')
  session.state = { name: 'logout' }
}

/**
 * What other sessions did, as far as this command allows it to be told (RFC 9051 7.5.1).
 * @returns RFC 7162 3.2: how far a QRESYNC client has heard of everything, after it heard of expunged messages and while
 * it must not hear of them yet
 */
async function tellNews(session: Session, expunges: Expunges, uid: boolean): Promise<string | undefined> {
  const { state } = session
  if (expunges === 'none' || state.name !== 'selected') return undefined
  const { view } = state
  const updates = await view.sync(expunges)
  session.tell(updates, uid)
  if (view.gone) return undefined
  const due = session.modes.qresync && (view.holdsExpunges || updates.some(({ kind }) => kind === 'expunge'))
  return due ? `HIGHESTMODSEQ ${view.highestModSeq}` : undefined
}

/** A response code in the tagged OK, or before it when that has another. */
function withCode(session: Session, reply: Reply, code: string | undefined): Reply {
  if (code === undefined) return reply
  if (reply !== STARTED && reply.kind === 'ok' && reply.code === undefined) return { ...reply, code }
  session.say(`* OK [${code}] Highest mod-sequence`)
  return reply
}

async function execute(session: Session, command: Command, cursor: Cursor, tag: string): Promise<void> {
  let prepared: Prepared
  try {
    prepared = command.prepare(cursor, session)
  } catch (error) {
    if (error instanceof BadSyntax) return bad(session, tag, `${command.name}: ${error.message}`)
    if (!(error instanceof BadMailboxName)) throw error
    return finish(session, tag, no(`This mailbox name cannot be used: ${error.message}`, 'CANNOT'))
  }
  // The limit is for clients that are lost, not for a mistake now and then in a session of days.
  session.badCommands = 0
  session.lease?.touch()
  let reply: Reply
  try {
    reply = await prepared.run(tag)
  } catch (error) {
    // Numbers can be wrong for this mailbox only when the command runs.
    if (!(error instanceof BadSyntax)) throw error
    reply = { kind: 'bad', text: `${command.name}: ${error.message}` }
  }
  const code = await tellNews(session, prepared.expunges, command.uid)
  finish(session, tag, withCode(session, reply, code))
  // The command is answered first. Without a word the client would go on with numbers of nothing.
  if (session.state.name === 'selected' && session.state.view.gone) {
    session.say('* BYE The mailbox was deleted')
    session.state = { name: 'logout' }
  }
}

/** One command from its octets to its tagged response. */
export async function dispatch(session: Session, frame: Frame): Promise<void> {
  const cursor = new Cursor(frame, session.modes.utf8)
  let tag = '*'
  let command: Command | undefined
  try {
    tag = cursor.tag()
    cursor.space()
    command = COMMANDS.get(commandName(cursor))
  } catch (error) {
    if (!(error instanceof BadSyntax)) throw error
  }
  if (!command) return bad(session, tag, tag === '*' ? 'A command starts with a tag' : 'Unknown command')
  if (!command.states.some((state) => state === session.state.name))
    return bad(session, tag, `${command.name} not in this state`)
  // IDLE waits: it is no work.
  const end = command.name === 'IDLE' ? undefined : runs(`IMAP ${command.name}`)
  try {
    await execute(session, command, cursor, tag)
  } catch (error) {
    const id = session.connection.id.slice(0, 8)
    logThrown(session.ports.log, `IMAP ${id} ${command.name}`, error)
    session.say(
      isUnavailable(error)
        ? `${tag} NO [UNAVAILABLE] Not available now, try again later`
        : `${tag} NO [SERVERBUG] Internal error ${id}`,
    )
  } finally {
    end?.()
  }
}
