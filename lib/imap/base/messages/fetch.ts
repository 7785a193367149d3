import { flagSet } from '../../../terms/flags'
import { type Command, defineCommand } from '../../kernel/command'
import { done, expungedReply, faultReply, no, partlyExpungedReply, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { FetchItem, FetchModifiers, Slots } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import type { SequenceSet } from '../../wire/sequence-set'
import { macros, uidItem } from './fetch-items'
import { writeMessages } from './fetch-messages'
import { tooMany, withinLimit, withLimitCode } from './limit'
import { messagesOf, uidsOf } from './numbers'
import type { By } from './store'

const SEEN = flagSet(['\\Seen'])
/** Items of one command; each is read and written for every message. */
const MOST_ITEMS = 100

interface FetchArguments {
  readonly set: SequenceSet
  readonly items: readonly FetchItem[]
  readonly modifiers: FetchModifiers
}

function item(cursor: Cursor, session: Session, slots: Slots): FetchItem {
  const name = cursor.fetchName()
  return slots.fetch.get(name)?.read(cursor, session) ?? cursor.fail('a FETCH item')
}

/** Items of a FETCH, in parentheses or one. */
export function itemsOf(cursor: Cursor, session: Session, slots: Slots): readonly FetchItem[] {
  if (cursor.peek('(')) {
    let count = 0
    return cursor.list(() =>
      ++count > MOST_ITEMS ? cursor.fail(`at most ${MOST_ITEMS} items`) : item(cursor, session, slots),
    )
  }
  for (const [name, list] of Object.entries(macros)) if (cursor.tryWord(name)) return list
  return [item(cursor, session, slots)]
}

/** ` (CHANGEDSINCE 5 VANISHED)` */
function modifiersOf(cursor: Cursor, session: Session, slots: Slots, by: By): FetchModifiers {
  const modifiers: FetchModifiers = {}
  if (!cursor.try(' ')) return modifiers
  cursor.list(() => {
    const word = cursor.keyword()
    const slot = slots.fetchModifiers.get(word) ?? cursor.fail('a FETCH modifier')
    slot.read(cursor, session, by, modifiers)
  })
  // RFC 7162 3.2.6: VANISHED needs it.
  if (modifiers.before && modifiers.changedSince === undefined) cursor.fail('CHANGEDSINCE')
  return modifiers
}

function parse(cursor: Cursor, session: Session, slots: Slots, by: By): FetchArguments {
  cursor.space()
  const set = cursor.sequenceSet()
  cursor.space()
  const named = itemsOf(cursor, session, slots)
  const modifiers = modifiersOf(cursor, session, slots, by)
  const items = modifiers.also ? [...new Set([...named, modifiers.also])] : named
  return { set, items, modifiers }
}

async function run(session: Session, state: Selected, args: FetchArguments, by: By): Promise<Reply> {
  const { view, mail } = state
  const { choose, changedSince: since, before } = args.modifiers
  const named = messagesOf(state, args.set, by)
  const all = choose ? choose(named) : named
  const { messageLimit } = session.ports.settings
  // RFC 9738 3.1: a part that is larger than what may be asked for
  if (choose && messageLimit > 0 && all.length > messageLimit) return tooMany(messageLimit)
  const told = since === undefined ? 0 : view.toldSince(since)
  const asked = since === undefined ? all : all.filter((seq) => view.modSeqAt(seq) > told)
  const { seqs, code } = withinLimit(session, view, asked)
  if (since !== undefined) await before?.(state, args.set, since)
  /** RFC 3501 6.4.5: flags that this FETCH changes are in its own responses. */
  const changed = new Set<number>()
  // RFC 9586 3.3: the response begins with the UID.
  const implied = by === 'uid' && !session.modes.uidonly && !args.items.includes(uidItem)
  const items = implied ? [uidItem, ...args.items] : args.items
  // RFC 4314 4: without the right it stays unseen.
  if (!state.readOnly && view.rights.includes('s') && items.some(({ setsSeen }) => setsSeen)) {
    const unseen = seqs.filter((seq) => !view.flagsAt(seq).has('\\Seen'))
    if (unseen.length > 0) {
      const uids = uidsOf(view, unseen)
      view.quiet(uids)
      const marked = await mail.storeFlags(view, uids, 'add', SEEN)
      // The right may be gone, and in a mailbox of others there may be no room for what its readers have read.
      if (!marked.ok && !['no-right', 'limit', 'over-quota'].includes(marked.fault.kind))
        return faultReply(marked.fault, session.ports.tellHolder)
      await session.unsolicited.drain('hold', by === 'uid')
      for (const seq of unseen) changed.add(seq)
    }
  }
  const { gone, unknown, left } = await writeMessages(session, state, seqs, items, changed)
  if (left) return done('FETCH ended: the client is gone')
  if (unknown) return no('The transfer encoding of a part is not known', 'UNKNOWN-CTE')
  // RFC 9051 6.4.9: a UID that is no more is passed over.
  if (gone === 0 || by === 'uid') return withLimitCode(session, done('FETCH completed'), code)
  return withLimitCode(session, gone < seqs.length ? partlyExpungedReply() : expungedReply(), code)
}

const fetch = (by: By): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID FETCH' : 'FETCH',
    rfc: 'RFC 9051 6.4.5',
    states: ['selected'],
    expunges: by === 'uid' ? 'say' : 'hold',
    by,
    parse: (cursor, session, slots) => parse(cursor, session, slots, by),
    run: async ({ session, state }, args) => {
      const { writer } = session.connection
      const before = writer.written
      try {
        return await run(session, state, args, by)
      } finally {
        session.counts.fetched += writer.written - before
      }
    },
  })

export const fetchCommands: readonly Command[] = [fetch('seq'), fetch('uid')]
