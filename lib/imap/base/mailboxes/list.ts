import type { AccountMail } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import { levelsAbove } from '../../../terms/names'
import { type Command, defineCommand } from '../../kernel/command'
import { done } from '../../kernel/faults'
import type { Session } from '../../kernel/session'
import type { Cursor } from '../../wire/cursor'
import { listAttributes, listLine, parentsIn, pattern, statusItem, statusLine } from './mailboxes'

/** LIST with the options of RFC 5258, RFC 5819 and RFC 6154 (all in RFC 9051 6.3.9). */
interface ListArguments {
  readonly subscribed: boolean
  readonly recursive: boolean
  readonly specialUse: boolean
  readonly reference: string
  readonly patterns: readonly string[]
  readonly returns: { readonly subscribed: boolean; readonly status: readonly string[] | undefined }
  /** some option was given: the plain form has older rules */
  readonly extended: boolean
}

function selection(cursor: Cursor): Pick<ListArguments, 'subscribed' | 'recursive' | 'specialUse'> {
  const words = new Set<string>()
  cursor.expect('(')
  while (!cursor.try(')')) {
    if (words.size > 0) cursor.space()
    const word = cursor.keyword()
    if (!['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'].includes(word))
      cursor.fail('a LIST selection option')
    words.add(word)
  }
  // RFC 5258 3.1: RECURSIVEMATCH needs another option to recurse for.
  if (words.has('RECURSIVEMATCH') && !words.has('SUBSCRIBED') && !words.has('SPECIAL-USE'))
    cursor.fail('RECURSIVEMATCH with SUBSCRIBED')
  return {
    subscribed: words.has('SUBSCRIBED'),
    recursive: words.has('RECURSIVEMATCH'),
    specialUse: words.has('SPECIAL-USE'),
  }
}

function returnOptions(cursor: Cursor, session: Session): ListArguments['returns'] {
  let subscribed = false
  let status: readonly string[] | undefined
  cursor.expect('(')
  for (let first = true; !cursor.try(')'); first = false) {
    if (!first) cursor.space()
    const word = cursor.keyword()
    if (word === 'STATUS') {
      cursor.space()
      status = cursor.list(() => statusItem(cursor, session))
    } else if (word === 'SUBSCRIBED') subscribed = true
    else if (word !== 'CHILDREN' && word !== 'SPECIAL-USE') cursor.fail('a LIST return option')
  }
  return { subscribed, status }
}

function parse(cursor: Cursor, session: Session): ListArguments {
  cursor.space()
  const selected = cursor.peek('(') ? selection(cursor) : undefined
  if (selected) cursor.space()
  const reference = cursor.mailboxOrEmpty()
  cursor.space()
  const several = cursor.peek('(')
  const patterns = (several ? cursor.list(() => cursor.listMailbox()) : [cursor.listMailbox()]).filter(
    (pattern) => pattern !== undefined,
  )
  const returns = cursor.try(' RETURN ') ? returnOptions(cursor, session) : undefined
  return {
    subscribed: false,
    recursive: false,
    specialUse: false,
    ...selected,
    reference,
    patterns,
    returns: returns ?? { subscribed: false, status: undefined },
    extended: selected !== undefined || several || returns !== undefined,
  }
}

interface Row {
  readonly name: string
  readonly attributes: string[]
  readonly mailbox: Mailbox | undefined
  readonly extra: string
}

async function rowsOf(mail: AccountMail, args: ListArguments, rev2: boolean): Promise<Row[]> {
  const all = await mail.mailboxes()
  const rulesOf = (patterns: readonly string[]) => patterns.map((one) => pattern(args.reference, one))
  const rules = rulesOf(args.patterns)
  const fits = (name: string): boolean => rules.some((rule) => rule.test(name))
  const chosen = (mailbox: Mailbox): boolean =>
    (!args.subscribed || mailbox.subscribed) && (!args.specialUse || mailbox.specialUse.length > 0)
  const existing = new Set(all.map(({ name }) => name))
  const parents = parentsIn(all)
  // Subscriptions outlive their mailboxes (RFC 9051 6.3.7).
  const gone =
    args.subscribed && !args.specialUse ? (await mail.subscriptions()).filter((name) => !existing.has(name)) : []
  const names = [...all.filter(chosen).map(({ name }) => name), ...gone]
  // RFC 5258 3.5: not for a child that is told itself.
  const hidden = args.recursive ? names.filter((name) => !fits(name)) : []
  const above = new Set(hidden.flatMap(levelsAbove))
  const extra = (name: string): string => (above.has(name) ? ' ("CHILDINFO" ("SUBSCRIBED"))' : '')

  const rows = all.flatMap((mailbox): Row[] => {
    const { name } = mailbox
    if (!fits(name) || !(chosen(mailbox) || above.has(name))) return []
    const attributes = listAttributes(mailbox, parents)
    if ((args.subscribed || args.returns.subscribed) && mailbox.subscribed) attributes.unshift('\\Subscribed')
    // RFC 5819 2: no STATUS of what is told for its children only.
    return [{ name, attributes, mailbox: chosen(mailbox) ? mailbox : undefined, extra: extra(name) }]
  })
  const lost = gone
    .filter(fits)
    .map(
      (name): Row => ({ name, attributes: ['\\Subscribed', '\\NonExistent'], mailbox: undefined, extra: extra(name) }),
    )

  // RFC 3501 6.3.8: levels of the hierarchy that are no mailboxes, for a pattern that ends with `%`; a client that opens one
  // level after another would miss what is below. With a selection only for RECURSIVEMATCH (RFC 5258 3.5).
  const selective = args.subscribed || args.specialUse
  const open = rulesOf(args.patterns.filter((one) => one.endsWith('%')))
  const levels = selective
    ? [...above].filter(fits)
    : all.flatMap(({ name }) => levelsAbove(name)).filter((name) => open.some((rule) => rule.test(name)))
  const between = [...new Set(levels)]
    .filter((name) => !existing.has(name) && !gone.includes(name))
    .map((name): Row => {
      const below = parents.has(name) ? ['\\HasChildren'] : []
      const attributes = [args.extended || rev2 ? '\\NonExistent' : '\\Noselect', ...below]
      return { name, attributes, mailbox: undefined, extra: extra(name) }
    })
  return [...rows, ...lost, ...between]
}

const list = defineCommand({
  name: 'LIST',
  rfc: 'RFC 9051 6.3.9',
  states: ['authenticated', 'selected'],
  parse,
  run: async ({ session, state }, args) => {
    const [only] = args.patterns
    if (!args.extended && only === '') {
      // RFC 9051 6.3.9: an empty pattern asks for the delimiter.
      session.say('* LIST (\\Noselect) "/" ""')
      return done('LIST completed')
    }
    const status = args.returns.status
    const refused = status && (await session.enter(state.mail))
    for (const { name, attributes, mailbox, extra } of await rowsOf(state.mail, args, session.modes.rev2)) {
      session.say(listLine(session, 'LIST', attributes, name, extra))
      if (status && !refused && mailbox) session.say(await statusLine(session, mailbox, status))
    }
    // RFC 5819 2: a STATUS that cannot be told is left out.
    return done(refused ? `LIST completed without STATUS: ${refused.text}` : 'LIST completed')
  },
})

export const listCommands: readonly Command[] = [list]
