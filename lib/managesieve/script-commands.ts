import { isScriptName } from '../mailbox/vocabulary'
import { MAX_SCRIPT, SieveError } from '../sieve/lexer'
import { parseScript } from '../sieve/parse'
import type { Argument, Command, ResponseCode, Session } from './command'
import { stringOf } from './frame'

const TEXTS = {
  active: ['ACTIVE', 'That is the active script'],
  'already-exists': ['ALREADYEXISTS', 'There is a script of that name'],
  nonexistent: ['NONEXISTENT', 'There is no script of that name'],
  'too-many': ['QUOTA/MAXSCRIPTS', 'There are too many scripts'],
} as const satisfies Readonly<Record<string, readonly [ResponseCode, string]>>

function answer(session: Session, fault: keyof typeof TEXTS | undefined): void {
  if (fault === undefined) return session.ok('Done')
  const [code, text] = TEXTS[fault]
  session.no(text, code)
}

const textOf = (argument: Argument | undefined): string => String(argument ?? '')

/** One spelling of a name (RFC 5198 2); undefined: it was refused. */
function nameOf(session: Session, argument: Argument | undefined): string | undefined {
  const name = textOf(argument).normalize('NFC')
  if (isScriptName(name)) return name
  session.no('That is no name of a script')
  return undefined
}

/** RFC 5804 2.6: what would not run is not stored. False: it was refused. */
function isValid(session: Session, text: string): boolean {
  try {
    parseScript(text, session.ports.rules.without)
    return true
  } catch (error) {
    if (!(error instanceof SieveError)) throw error
    session.no(error.message)
    return false
  }
}

const havespace: Command = {
  name: 'HAVESPACE',
  rfc: 'RFC 5804 2.5',
  states: 'authenticated',
  args: ['string', 'number'],
  run: async (session, [argument, size], { scripts }) => {
    const name = nameOf(session, argument)
    if (name === undefined) return
    if (Number(size) > MAX_SCRIPT) return session.no(`A script has at most ${MAX_SCRIPT} octets`, 'QUOTA/MAXSIZE')
    answer(session, (await scripts.fits(name)) ? undefined : 'too-many')
  },
}

const putscript: Command = {
  name: 'PUTSCRIPT',
  rfc: 'RFC 5804 2.6',
  states: 'authenticated',
  args: ['string', 'string'],
  run: async (session, [argument, text], { scripts }) => {
    const name = nameOf(session, argument)
    if (name === undefined || !isValid(session, textOf(text))) return
    answer(session, await scripts.put(name, textOf(text)))
  },
}

const checkscript: Command = {
  name: 'CHECKSCRIPT',
  rfc: 'RFC 5804 2.12',
  states: 'authenticated',
  args: ['string'],
  run: (session, [text]) => {
    if (isValid(session, textOf(text))) session.ok('No mistakes')
  },
}

const listscripts: Command = {
  name: 'LISTSCRIPTS',
  rfc: 'RFC 5804 2.7',
  states: 'authenticated',
  args: [],
  run: async (session, _args, { scripts }) => {
    for (const { name, active } of await scripts.list()) session.say(stringOf(name), active ? ' ACTIVE' : '')
    session.ok('LISTSCRIPTS completed')
  },
}

const setactive: Command = {
  name: 'SETACTIVE',
  rfc: 'RFC 5804 2.8',
  states: 'authenticated',
  args: ['string'],
  run: async (session, [argument], { scripts }) => {
    // The empty name: none is active.
    const name = argument === '' ? undefined : nameOf(session, argument)
    if (name === undefined && argument !== '') return
    answer(session, await scripts.activate(name))
  },
}

const getscript: Command = {
  name: 'GETSCRIPT',
  rfc: 'RFC 5804 2.9',
  states: 'authenticated',
  args: ['string'],
  run: async (session, [argument], { scripts }) => {
    const name = nameOf(session, argument)
    if (name === undefined) return
    const text = await scripts.get(name)
    if (text === undefined) return answer(session, 'nonexistent')
    session.say(stringOf(text))
    session.ok('GETSCRIPT completed')
  },
}

const deletescript: Command = {
  name: 'DELETESCRIPT',
  rfc: 'RFC 5804 2.10',
  states: 'authenticated',
  args: ['string'],
  run: async (session, [argument], { scripts }) => {
    const name = nameOf(session, argument)
    if (name !== undefined) answer(session, await scripts.remove(name))
  },
}

const renamescript: Command = {
  name: 'RENAMESCRIPT',
  rfc: 'RFC 5804 2.11',
  states: 'authenticated',
  args: ['string', 'string'],
  run: async (session, [from, to], { scripts }) => {
    const before = nameOf(session, from)
    const after = before === undefined ? undefined : nameOf(session, to)
    if (before === undefined || after === undefined) return
    answer(session, await scripts.rename(before, after))
  },
}

export const scriptCommands: readonly Command[] = [
  ...[havespace, putscript, checkscript, listscripts],
  ...[setactive, getscript, deletescript, renamescript],
]
