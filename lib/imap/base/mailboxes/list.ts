import type { AccountMail } from '../../../mailbox/mailbox'
import { OTHER_USERS, SHARED } from '../../../mailbox/shared/places'
import type { Mailbox } from '../../../mailbox/vocabulary'
import { type AccountId, levelsAbove } from '../../../terms/names'
import { type Command, defineCommand } from '../../kernel/command'
import { done, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { ListReturn, ListReturnSlot, ListSelectSlot, Slots } from '../../kernel/slots'
import { LOGGED_IN } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import * as encode from '../../wire/encode'
import { list as listOf, untagged } from '../../wire/response'
import { DELIMITER, extendedItem, listAttributes, listResponse, parentsIn } from './names'
import { fitting, MOST_PATTERNS, pattern } from './pattern'

/** LIST with the options of RFC 5258 (RFC 9051 6.3.9) and of extensions. */
interface ListArguments {
  /** which mailboxes are told, by each selection option that narrows */
  readonly choosing: readonly NonNullable<ListSelectSlot['chooses']>[]
  readonly subscribed: boolean
  readonly recursive: boolean
  readonly reference: string
  readonly patterns: readonly string[]
  readonly returns: ReadonlyMap<string, ListReturn>
  /** some option was given: the plain form has older rules */
  readonly extended: boolean
}

export const listSelect: readonly ListSelectSlot[] = [
  { name: 'SUBSCRIBED', chooses: ({ subscribed }) => subscribed },
  // RFC 5258 3.1: there are no mailboxes of other servers here.
  { name: 'REMOTE' },
  { name: 'RECURSIVEMATCH' },
]
const subscribed: ListReturn = { attributes: (mailbox) => (mailbox.subscribed ? ['\\Subscribed'] : []) }
export const listReturn: readonly ListReturnSlot[] = [
  { name: 'SUBSCRIBED', read: () => subscribed },
  // They are told always.
  { name: 'CHILDREN', read: () => ({}) },
]

/** list-select-opts, in parentheses, by name */
function selection(cursor: Cursor, slots: Slots): ReadonlyMap<string, ListSelectSlot> {
  const options = new Map<string, ListSelectSlot>()
  cursor.expect('(')
  while (!cursor.try(')')) {
    if (options.size > 0) cursor.space()
    const word = cursor.keyword()
    options.set(word, slots.listSelect.get(word) ?? cursor.fail('a LIST selection option'))
  }
  return options
}

/** list-return-opts, in parentheses, by name */
function returnOptions(cursor: Cursor, session: Session, slots: Slots): ReadonlyMap<string, ListReturn> {
  const options = new Map<string, ListReturn>()
  cursor.expect('(')
  for (let first = true; !cursor.try(')'); first = false) {
    if (!first) cursor.space()
    const word = cursor.keyword()
    const slot = slots.listReturn.get(word) ?? cursor.fail('a LIST return option')
    options.set(word, slot.read(cursor, session, slots))
  }
  return options
}

function parse(cursor: Cursor, session: Session, slots: Slots): ListArguments {
  cursor.space()
  const selected = cursor.peek('(') ? selection(cursor, slots) : undefined
  const choosing = [...(selected?.values() ?? [])].flatMap(({ chooses }) => chooses ?? [])
  const recursive = selected?.has('RECURSIVEMATCH') ?? false
  // RFC 5258 3.1: RECURSIVEMATCH needs another option to recurse for.
  if (recursive && choosing.length === 0) cursor.fail('RECURSIVEMATCH with SUBSCRIBED')
  if (selected) cursor.space()
  const reference = cursor.mailboxOrEmpty()
  cursor.space()
  const several = cursor.peek('(')
  const patterns = (several ? cursor.list(() => cursor.listMailbox()) : [cursor.listMailbox()]).filter(
    (name) => name !== undefined,
  )
  if (patterns.length > MOST_PATTERNS) cursor.fail(`at most ${MOST_PATTERNS} patterns`)
  const returns = cursor.try(' RETURN ') ? returnOptions(cursor, session, slots) : undefined
  const isSubscribed = selected?.has('SUBSCRIBED') ?? false
  return {
    choosing,
    subscribed: isSubscribed,
    recursive,
    reference,
    patterns,
    // RFC 5258 3.1: the selection option SUBSCRIBED includes the return option.
    returns: new Map([...(isSubscribed ? [['SUBSCRIBED', subscribed] as const] : []), ...(returns ?? [])]),
    extended: selected !== undefined || several || returns !== undefined,
  }
}

interface ListRow {
  readonly name: string
  readonly attributes: readonly string[]
  /** undefined: none, or one that is told for what is below it only (RFC 5819 2) */
  readonly mailbox: Mailbox | undefined
  readonly extended: readonly string[]
}

/** Those of other accounts are not looked for where a pattern can mean none of them. */
function mayBeForeign(listMailbox: string): boolean {
  const [head = ''] = listMailbox.split(/[%*]/, 1)
  return [OTHER_USERS, SHARED].some((space) => `${space}/`.startsWith(head) || head.startsWith(`${space}/`))
}

async function rowsOf(mail: AccountMail, args: ListArguments, rev2: boolean): Promise<ListRow[]> {
  const others = args.patterns.some((mailbox) => mayBeForeign(args.reference + mailbox)) ? await mail.shared() : []
  const all = [...(await mail.mailboxes()), ...others]
  const rulesOf = (patterns: readonly string[]) => patterns.map((mailbox) => pattern(args.reference, mailbox))
  const chosen = (mailbox: Mailbox): boolean => args.choosing.every((chooses) => chooses(mailbox))
  const existing = new Set(all.map(({ name }) => name))
  const parents = parentsIn(all)
  // Subscriptions outlive their mailboxes (RFC 9051 6.3.7).
  const gone =
    args.subscribed && args.choosing.length === 1
      ? (await mail.subscriptions()).filter((name) => !existing.has(name))
      : []
  /** names that are shown, or have something below them that is */
  const named = new Set([...all.map(({ name }) => name), ...gone].flatMap((name) => [name, ...levelsAbove(name)]))
  const fit = await fitting(rulesOf(args.patterns), named)
  const fits = (name: string): boolean => fit.has(name)
  const names = [...all.filter(chosen).map(({ name }) => name), ...gone]
  // RFC 5258 3.5: not for a child that is told itself.
  const hidden = args.recursive ? names.filter((name) => !fits(name)) : []
  const above = new Set(hidden.flatMap(levelsAbove))
  const extended = (name: string): readonly string[] =>
    above.has(name) ? [extendedItem('CHILDINFO', encode.quoted('SUBSCRIBED'))] : []
  const added = (mailbox: Mailbox): readonly string[] =>
    [...args.returns.values()].flatMap(({ attributes }) => attributes?.(mailbox) ?? [])

  const rows = all.flatMap((mailbox): ListRow[] => {
    const { name } = mailbox
    if (!fits(name) || !(chosen(mailbox) || above.has(name))) return []
    const attributes = [...added(mailbox), ...listAttributes(mailbox, parents)]
    return [{ name, attributes, mailbox: chosen(mailbox) ? mailbox : undefined, extended: extended(name) }]
  })
  const lost = gone.filter(fits).map((name): ListRow => {
    const attributes = ['\\Subscribed', '\\NonExistent']
    return { name, attributes, mailbox: undefined, extended: extended(name) }
  })

  // RFC 3501 6.3.8: levels of the hierarchy that are no mailboxes, for a pattern that ends with `%`; a client that opens one
  // level after another would miss what is below. With a selection only for RECURSIVEMATCH (RFC 5258 3.5).
  const open = rulesOf(args.patterns.filter((mailbox) => mailbox.endsWith('%')))
  const levels = args.choosing.length > 0 ? [...above].filter(fits) : await fitting(open, parents)
  const between = [...new Set(levels)]
    .filter((name) => !existing.has(name) && !gone.includes(name))
    .map((name): ListRow => {
      const below = parents.has(name) ? ['\\HasChildren'] : []
      const attributes = [args.extended || rev2 ? '\\NonExistent' : '\\Noselect', ...below]
      return { name, attributes, mailbox: undefined, extended: extended(name) }
    })
  return [...rows, ...lost, ...between]
}

const list = defineCommand({
  name: 'LIST',
  rfc: 'RFC 9051 6.3.9',
  states: LOGGED_IN,
  parse,
  run: async ({ session, state }, args) => {
    const [only] = args.patterns
    if (!args.extended && only === '') {
      // RFC 9051 6.3.9: an empty pattern asks for the delimiter.
      session.say(untagged('LIST', listOf(['\\Noselect']), DELIMITER, encode.quoted('')))
      return done('LIST completed')
    }
    const { mail } = state
    const responses = [...args.returns].flatMap(([name, { response, lock }]) =>
      response ? [{ name, response, lock }] : [],
    )
    const locked = responses.filter(({ lock }) => lock === true)
    /** by account: a lock is waited for once */
    const refusals = new Map<AccountId, Reply | undefined>()
    async function refusalOf(mailbox: Mailbox): Promise<Reply | undefined> {
      const { id } = await mail.lockOf(mailbox)
      if (!refusals.has(id)) refusals.set(id, await session.enter(mail, mailbox))
      return refusals.get(id)
    }
    for (const { name, attributes, mailbox, extended } of await rowsOf(mail, args, session.modes.rev2)) {
      session.say(listResponse(session, 'LIST', attributes, name, extended))
      if (!mailbox) continue
      const refused = locked.length > 0 ? await refusalOf(mailbox) : undefined
      for (const { response, lock } of responses) {
        const text = refused && lock ? undefined : await response(mailbox, session)
        if (text !== undefined) session.say(text)
      }
    }
    // RFC 5819 2: a STATUS that cannot be told is left out.
    const without = locked.map(({ name }) => name).join(' and ')
    const refused = [...refusals.values()].find((refusal) => refusal !== undefined)
    return done(refused ? `LIST completed without ${without}: ${refused.text}` : 'LIST completed')
  },
})

export const listCommands: readonly Command[] = [list]
