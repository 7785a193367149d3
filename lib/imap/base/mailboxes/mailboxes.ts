import type { Mailbox } from '../../../mailbox/vocabulary'
import { canonicalMailboxName, levelsAbove } from '../../../terms/names'
import { SPECIAL_USES, type SpecialUse } from '../../../terms/special-use'
import { type Command, defineCommand } from '../../kernel/command'
import { done, faultReply, no, type Reply } from '../../kernel/faults'
import type { Session } from '../../kernel/session'
import type { Cursor, NamedMailbox } from '../../wire/cursor'
import * as encode from '../../wire/encode'

const LOGGED_IN = ['authenticated', 'selected'] as const

function name(cursor: Cursor): string {
  return named(cursor).name
}
function named(cursor: Cursor): NamedMailbox {
  cursor.space()
  return cursor.namedMailbox()
}

/** RFC 6154 3: `(USE (\Drafts))`; undefined: a use that is not supported */
function createOptions(cursor: Cursor): readonly SpecialUse[] | undefined {
  if (!cursor.try(' (')) return []
  cursor.expect('USE ')
  const uses = cursor.list(() => {
    const flag = cursor.flag()
    return SPECIAL_USES.find((use) => use.toLowerCase() === flag.toLowerCase())
  })
  cursor.expect(')')
  const known = uses.flatMap((use) => use ?? [])
  return known.length === uses.length ? known : undefined
}

const reply = (
  session: Session,
  result: { ok: true } | { ok: false; fault: Parameters<typeof faultReply>[0] },
  text: string,
): Reply => (result.ok ? done(text) : faultReply(result.fault, session.ports.tellHolder))

/** RFC 9051 6.3.9.7: tells a rev2 client the name of a mailbox that it wrote in another spelling. */
export function sayOldName(
  session: Session,
  { name: normal, supplied }: NamedMailbox,
  attributes: readonly string[] = [],
): void {
  if (session.modes.rev2 && supplied !== normal)
    session.say(listLine(session, 'LIST', attributes, normal, oldName(supplied)))
}
export const oldName = (supplied: string): string => ` ("OLDNAME" (${encode.mailbox(supplied, true)}))`

/** RFC 9051 6.3.4: a delimiter at the end says that children will follow. */
const withoutDelimiter = ({ name: normal, supplied }: NamedMailbox): NamedMailbox => ({
  name: normal.replace(/\/$/, ''),
  supplied: supplied.replace(/\/$/, ''),
})

const create = defineCommand({
  name: 'CREATE',
  rfc: 'RFC 9051 6.3.4',
  states: LOGGED_IN,
  parse: (cursor) => ({ mailbox: withoutDelimiter(named(cursor)), uses: createOptions(cursor) }),
  run: async ({ session, state }, { mailbox, uses }) => {
    if (!uses) return no('This special use is not supported', 'USEATTR')
    const refused = await session.enter(state.mail)
    if (refused) return refused
    const made = await state.mail.create(mailbox.name, uses)
    if (made.ok) {
      sayOldName(session, mailbox)
      return done('CREATE completed', `MAILBOXID (${made.value.id})`)
    }
    // RFC 6154 3: the one thing of CREATE that is not permitted is a use that another mailbox has.
    if (made.fault.kind === 'not-permitted') return no(`Not permitted: ${made.fault.why}`, 'USEATTR')
    return faultReply(made.fault, session.ports.tellHolder)
  },
})

const remove = defineCommand({
  name: 'DELETE',
  rfc: 'RFC 9051 6.3.5',
  states: LOGGED_IN,
  parse: named,
  run: async ({ session, state }, mailbox) => {
    const refused = await session.enter(state.mail)
    if (refused) return refused
    const selected = state.name === 'selected' ? state.view.mailbox.id : undefined
    const own = selected !== undefined && (await state.mail.find(mailbox.name))?.id === selected
    const removed = await state.mail.remove(mailbox.name)
    // This client knows what it did: it goes on in the authenticated state.
    if (removed.ok && own) session.close()
    if (removed.ok) sayOldName(session, mailbox, ['\\NonExistent'])
    return reply(session, removed, 'DELETE completed')
  },
})

const rename = defineCommand({
  name: 'RENAME',
  rfc: 'RFC 9051 6.3.6',
  states: LOGGED_IN,
  parse: (cursor) => ({ from: named(cursor), to: withoutDelimiter(named(cursor)) }),
  run: async ({ session, state }, { from, to }) => {
    const refused = await session.enter(state.mail)
    if (refused) return refused
    const renamed = await state.mail.rename(from.name, to.name)
    // RFC 9051 6.3.6: the old name as it was written, the new one as it is kept.
    const written = from.supplied === from.name && to.supplied === to.name
    if (renamed.ok && !written) sayOldName(session, { name: to.name, supplied: from.supplied })
    return reply(session, renamed, 'RENAME completed')
  },
})

const subscribing = (command: 'SUBSCRIBE' | 'UNSUBSCRIBE', on: boolean): Command =>
  defineCommand({
    name: command,
    rfc: 'RFC 9051 6.3.7',
    states: LOGGED_IN,
    parse: name,
    run: async ({ session, state }, mailbox) =>
      reply(session, await state.mail.subscribe(mailbox, on), `${command} completed`),
  })

/** `*` matches everything, `%` all but the delimiter (RFC 9051 6.3.9). Linear: the pattern becomes one regular expression without nesting. */
export function pattern(reference: string, wanted: string): RegExp {
  const full = canonicalMailboxName(reference === '' ? wanted : reference + wanted)
  const folded = full.replace(/[*%]*\*[*%]*/g, '*').replace(/%+/g, '%')
  const source = folded
    .replace(/[.+?^${}()|[\]\\/]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/%/g, '[^/]*')
  return new RegExp(`^${source}$`, 's')
}

/** names that have something below them */
export const parentsIn = (all: readonly Mailbox[]): ReadonlySet<string> =>
  new Set(all.flatMap(({ name }) => levelsAbove(name)))

export function listAttributes(mailbox: Mailbox, parents: ReadonlySet<string>): string[] {
  return [parents.has(mailbox.name) ? '\\HasChildren' : '\\HasNoChildren', ...mailbox.specialUse]
}

export function listLine(
  session: Session,
  word: 'LIST' | 'LSUB',
  attributes: readonly string[],
  mailbox: string,
  extra = '',
): string {
  return `* ${word} (${attributes.join(' ')}) "/" ${encode.mailbox(mailbox, session.modes.utf8)}${extra}`
}

const lsub = defineCommand({
  name: 'LSUB',
  rfc: 'RFC 3501 6.3.9',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    const reference = cursor.mailboxOrEmpty()
    cursor.space()
    return { reference, wanted: cursor.listMailbox() }
  },
  run: async ({ session, state }, { reference, wanted }) => {
    if (wanted === undefined) return done('LSUB completed')
    const rule = pattern(reference, wanted)
    const subscribed = await state.mail.subscriptions()
    const shown = new Map<string, boolean>()
    for (const mailbox of subscribed) {
      if (rule.test(mailbox)) shown.set(mailbox, true)
      else if (wanted.endsWith('%')) {
        // RFC 3501 6.3.9: a parent that is not subscribed stands for its subscribed children.
        for (const parent of levelsAbove(mailbox)) if (rule.test(parent) && !shown.has(parent)) shown.set(parent, false)
      }
    }
    for (const [mailbox, real] of [...shown].sort())
      session.say(listLine(session, 'LSUB', real ? [] : ['\\Noselect'], mailbox))
    return done('LSUB completed')
  },
})

const namespace = defineCommand({
  name: 'NAMESPACE',
  rfc: 'RFC 2342 5',
  states: LOGGED_IN,
  parse: () => undefined,
  run: async ({ session }) => {
    session.say('* NAMESPACE (("" "/")) NIL NIL')
    return done('NAMESPACE completed')
  },
})

const status = defineCommand({
  name: 'STATUS',
  rfc: 'RFC 9051 6.3.11',
  states: LOGGED_IN,
  parse: (cursor, session) => {
    const mailbox = name(cursor)
    cursor.space()
    return { mailbox, items: cursor.list(() => statusItem(cursor, session)) }
  },
  run: async ({ session, state }, { mailbox, items }) => {
    const refused = await session.enter(state.mail)
    if (refused) return refused
    const found = await state.mail.find(mailbox)
    if (!found) return no('There is no such mailbox', 'NONEXISTENT')
    session.say(await statusLine(session, found, items))
    return done('STATUS completed')
  },
})

export function statusItem(cursor: Cursor, session: Session): string {
  const word = cursor.keyword()
  // RFC 9051 E 12
  if (word === 'RECENT' && session.modes.rev2) cursor.fail('a STATUS item of IMAP4rev2')
  return session.slots.status.has(word) ? word : cursor.fail('a STATUS item')
}

export async function statusLine(session: Session, mailbox: Mailbox, items: readonly string[]): Promise<string> {
  const { state } = session
  const values: string[] = []
  for (const item of items) {
    const slot = session.slots.status.get(item)
    if (slot && 'mail' in state) values.push(`${item} ${await slot.value(mailbox, state.mail, session)}`)
  }
  return `* STATUS ${encode.mailbox(mailbox.name, session.modes.utf8)} (${values.join(' ')})`
}

export const mailboxCommands: readonly Command[] = [
  create,
  remove,
  rename,
  subscribing('SUBSCRIBE', true),
  subscribing('UNSUBSCRIBE', false),
  lsub,
  namespace,
  status,
]
