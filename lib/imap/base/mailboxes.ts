import type { Mailbox, SpecialUse } from '../../store/store'
import { SPECIAL_USES } from '../../store/store'
import { canonicalMailboxName } from '../../terms/names'
import { type Command, defineCommand } from '../command'
import { done, faultReply, no, type Reply } from '../faults'
import type { Session } from '../session'
import type { Cursor } from '../wire/cursor'
import * as encode from '../wire/encode'

const LOGGED_IN = ['authenticated', 'selected'] as const

function name(cursor: Cursor): string {
  cursor.space()
  return cursor.mailbox()
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

const create = defineCommand({
  name: 'CREATE',
  rfc: 'RFC 9051 6.3.4',
  states: LOGGED_IN,
  parse: (cursor) => ({ mailbox: name(cursor), uses: createOptions(cursor) }),
  run: async ({ session, state }, { mailbox, uses }) => {
    if (!uses) return no('This special use is not supported', 'USEATTR')
    const refused = await session.enter(state.mail)
    if (refused) return refused
    // RFC 9051 6.3.4: a delimiter at the end says that children will follow.
    const made = await state.mail.create(mailbox.replace(/\/$/, ''), uses)
    if (made.ok) return done('CREATE completed', `MAILBOXID (${made.value.id})`)
    // RFC 6154 3: the one thing of CREATE that is not permitted is a use that another mailbox has.
    if (made.fault.kind === 'not-permitted') return no(`Not permitted: ${made.fault.why}`, 'USEATTR')
    return faultReply(made.fault, session.ports.tellHolder)
  },
})

const remove = defineCommand({
  name: 'DELETE',
  rfc: 'RFC 9051 6.3.5',
  states: LOGGED_IN,
  parse: name,
  run: async ({ session, state }, mailbox) => {
    const refused = await session.enter(state.mail)
    return refused ?? reply(session, await state.mail.remove(mailbox), 'DELETE completed')
  },
})

const rename = defineCommand({
  name: 'RENAME',
  rfc: 'RFC 9051 6.3.6',
  states: LOGGED_IN,
  parse: (cursor) => ({ from: name(cursor), to: name(cursor) }),
  run: async ({ session, state }, { from, to }) => {
    const refused = await session.enter(state.mail)
    return refused ?? reply(session, await state.mail.rename(from, to), 'RENAME completed')
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

export function listAttributes(mailbox: Mailbox, all: readonly Mailbox[]): string[] {
  const children = all.some((other) => other.name.startsWith(`${mailbox.name}/`))
  return [children ? '\\HasChildren' : '\\HasNoChildren', ...mailbox.specialUse]
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
    const rule = pattern(reference, wanted)
    const subscribed = await state.mail.subscriptions()
    const shown = new Map<string, boolean>()
    for (const mailbox of subscribed) {
      if (rule.test(mailbox)) shown.set(mailbox, true)
      else if (wanted.endsWith('%')) {
        // RFC 3501 6.3.9: a parent that is not subscribed stands for its subscribed children.
        const parents = mailbox.split('/').map((_level, index, levels) => levels.slice(0, index).join('/'))
        for (const parent of parents)
          if (parent !== '' && rule.test(parent) && !shown.has(parent)) shown.set(parent, false)
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
  const known = session.extensions.some((extension) => extension.status?.some((slot) => slot.name === word))
  return known ? word : cursor.fail('a STATUS item')
}

export async function statusLine(session: Session, mailbox: Mailbox, items: readonly string[]): Promise<string> {
  const { state } = session
  const values: string[] = []
  for (const item of items) {
    const slot = session.extensions.flatMap((extension) => extension.status ?? []).find((one) => one.name === item)
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
