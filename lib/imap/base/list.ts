import type { AccountMail } from '../../mailbox/mailbox'
import type { Mailbox } from '../../store/store'
import { type Command, defineCommand } from '../command'
import { done } from '../faults'
import type { Session } from '../session'
import type { Cursor } from '../wire/cursor'
import { listAttributes, listLine, pattern, statusItem, statusLine } from './mailboxes'

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
  const patterns = several ? cursor.list(() => cursor.listMailbox()) : [cursor.listMailbox()]
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

async function rowsOf(mail: AccountMail, args: ListArguments): Promise<Row[]> {
  const all = await mail.mailboxes()
  const rules = args.patterns.map((one) => pattern(args.reference, one))
  const fits = (name: string): boolean => rules.some((rule) => rule.test(name))
  const chosen = (mailbox: Mailbox): boolean =>
    (!args.subscribed || mailbox.subscribed) && (!args.specialUse || mailbox.specialUse.length > 0)
  const rows = all.flatMap((mailbox): Row[] => {
    if (!fits(mailbox.name)) return []
    const below =
      args.recursive &&
      all.some((other) => other.name.startsWith(`${mailbox.name}/`) && chosen(other) && !fits(other.name))
    if (!chosen(mailbox) && !below) return []
    const attributes = listAttributes(mailbox, all)
    if ((args.subscribed || args.returns.subscribed) && mailbox.subscribed) attributes.unshift('\\Subscribed')
    return [{ name: mailbox.name, attributes, mailbox, extra: below ? ' ("CHILDINFO" ("SUBSCRIBED"))' : '' }]
  })
  if (!args.subscribed || args.specialUse) return rows
  // Subscriptions outlive their mailboxes (RFC 9051 6.3.7).
  const gone = (await mail.subscriptions()).filter(
    (name) => fits(name) && !all.some((mailbox) => mailbox.name === name),
  )
  return [
    ...rows,
    ...gone.map((name) => ({ name, attributes: ['\\Subscribed', '\\NonExistent'], mailbox: undefined, extra: '' })),
  ]
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
    for (const { name, attributes, mailbox, extra } of await rowsOf(state.mail, args)) {
      session.say(listLine(session, 'LIST', attributes, name, extra))
      if (args.returns.status && mailbox) session.say(await statusLine(session, mailbox, args.returns.status))
    }
    return done('LIST completed')
  },
})

export const listCommands: readonly Command[] = [list]
