import type { View } from '../../../mailbox/mailbox'
import type { SearchKey } from '../../../search/key'
import { fold } from '../../../terms/casemap'
import { isReply, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { LoadKey, SearchSlot } from '../../kernel/slots'
import { BadSyntax, Cursor } from '../../wire/cursor'
import { inRanges, merged, type Range, ranges, type SequenceSet } from '../../wire/sequence-set'

/** search-key of RFC 9051 6.4.4 (and RFC 3501's NEW, OLD, RECENT; RFC 5032's OLDER, YOUNGER). */

const MAX_DEPTH = 50
const MAX_KEYS = 1000
/** octets of one text that is looked for */
const MAX_TEXT = 1000

const flag = (name: string): SearchKey => ({ kind: 'flag', flag: name })
const not = (key: SearchKey): SearchKey => ({ kind: 'not', key })

const SIMPLE: Readonly<Record<string, SearchKey>> = {
  ALL: { kind: 'all' },
  ANSWERED: flag('\\Answered'),
  DELETED: flag('\\Deleted'),
  DRAFT: flag('\\Draft'),
  FLAGGED: flag('\\Flagged'),
  SEEN: flag('\\Seen'),
  UNANSWERED: not(flag('\\Answered')),
  UNDELETED: not(flag('\\Deleted')),
  UNDRAFT: not(flag('\\Draft')),
  UNFLAGGED: not(flag('\\Flagged')),
  UNSEEN: not(flag('\\Seen')),
  RECENT: { kind: 'recent' },
  OLD: not({ kind: 'recent' }),
  NEW: { kind: 'and', keys: [{ kind: 'recent' }, not(flag('\\Seen'))] },
}

const DAYS: Readonly<Record<string, Pick<Extract<SearchKey, { kind: 'day' }>, 'date' | 'is'>>> = {
  BEFORE: { date: 'internal', is: 'before' },
  ON: { date: 'internal', is: 'on' },
  SINCE: { date: 'internal', is: 'since' },
  SENTBEFORE: { date: 'sent', is: 'before' },
  SENTON: { date: 'sent', is: 'on' },
  SENTSINCE: { date: 'sent', is: 'since' },
  SAVEDBEFORE: { date: 'saved', is: 'before' },
  SAVEDON: { date: 'saved', is: 'on' },
  SAVEDSINCE: { date: 'saved', is: 'since' },
}
const FIELDS = ['SUBJECT', 'FROM', 'TO', 'CC', 'BCC'] as const
const LOWER = { SUBJECT: 'subject', FROM: 'from', TO: 'to', CC: 'cc', BCC: 'bcc' } as const

/** Numbers are resolved when the command runs: `*` depends on the mailbox then. One that no message has matches none, in any mailbox. */
function numbersKey(of: 'seq' | 'uid', set: SequenceSet, { session, viewNow }: SearchContext): SearchKey {
  if (set === '$') return savedKey(session, viewNow)
  // RFC 9586 3.5
  if (of === 'seq' && session.modes.uidonly)
    throw new BadSyntax('UID before a set, after ENABLE UIDONLY', 'UIDREQUIRED')
  let resolved: { readonly of: View | undefined; readonly ranges: readonly Range[] } | undefined
  const load = (): readonly Range[] => {
    const view = viewNow()
    // Of what is kept up to date later, `*` stays what it was (RFC 5267 4.3).
    if (resolved && (view === undefined || resolved.of === view)) return resolved.ranges
    const exists = view?.exists ?? 0
    const highest = of === 'uid' && view && exists > 0 ? view.uidAt(exists) : exists
    resolved = { of: view, ranges: merged(ranges(set, highest)) }
    return resolved.ranges
  }
  return { kind: 'numbers', of, has: (number) => inRanges(load(), number) }
}

/** `$` names messages, whatever the numbers beside it mean (RFC 5182 2.1). */
function savedKey({ state }: Session, viewNow: SearchContext['viewNow']): SearchKey {
  let uids: ReadonlySet<number> | undefined
  const load = (): ReadonlySet<number> => {
    uids ??= new Set(state.name === 'selected' ? state.saved : [])
    return uids
  }
  // Of another mailbox it names none.
  const isHere = (): boolean => state.name === 'selected' && (viewNow() ?? state.view) === state.view
  return { kind: 'numbers', of: 'uid', has: (number) => isHere() && load().has(number) }
}

/** A key that stands for others, which are known when the command runs. */
interface PendingKey {
  readonly load: LoadKey
  /** of the key that is in the program */
  readonly keys: SearchKey[]
  /** how many others led to it */
  readonly passes: number
}

export interface SearchContext {
  readonly session: Session
  /** charset of strings */
  decode(octets: Buffer): string
  readonly slots: ReadonlyMap<string, SearchSlot>
  /** the mailbox that is searched */
  viewNow(): View | undefined
  count: number
  readonly isUtf8: boolean
  /** keys that are still to be loaded, and how many others led to those that are read now */
  readonly pending: PendingKey[]
  passes: number
}

function laterKey({ pending, passes, isUtf8 }: SearchContext, load: LoadKey): SearchKey {
  // RFC 5466 3.1
  if (!isUtf8) throw new BadSyntax('CHARSET UTF-8 only', 'BADCHARSET (US-ASCII UTF-8)')
  const keys: SearchKey[] = []
  pending.push({ load, keys, passes })
  return { kind: 'and', keys }
}

/** keys of one program that are loaded, and how many may lead to the last of them (RFC 5466 3.1: 3 at least) */
const MOST_LOADED = 20
const MOST_PASSES = 5

/** search-criteria: `key key ...` */
export function criteria(cursor: Cursor, context: SearchContext): SearchKey {
  const keys: SearchKey[] = [searchKey(cursor, context)]
  while (cursor.try(' ')) keys.push(searchKey(cursor, context))
  return keys.length === 1 && keys[0] ? keys[0] : { kind: 'and', keys }
}

/** Puts into a program what was still to be loaded. @returns why there is no search */
export async function loadKeys(context: SearchContext): Promise<Reply | undefined> {
  for (let at = 0; at < context.pending.length; at++) {
    const pending = context.pending[at]
    if (!pending) break
    const isTooMuch = at >= MOST_LOADED || pending.passes > MOST_PASSES
    const parse = (latin1: string): SearchKey | undefined => {
      if (isTooMuch) return undefined
      context.passes = pending.passes + 1
      try {
        const cursor = new Cursor([latin1])
        const key = criteria(cursor, context)
        cursor.end()
        return key
      } catch (error) {
        if (error instanceof BadSyntax) return undefined
        throw error
      }
    }
    const loaded = await pending.load(parse)
    if (isReply(loaded)) return loaded
    pending.keys.push(loaded)
  }
  return undefined
}

function searchKey(cursor: Cursor, context: SearchContext, depth = 0): SearchKey {
  if (depth > MAX_DEPTH || ++context.count > MAX_KEYS) cursor.fail('a simpler search')
  const text = (): string => {
    cursor.space()
    const octets = cursor.astring()
    if (octets.length > MAX_TEXT) cursor.fail(`at most ${MAX_TEXT} octets of text`)
    return fold(context.decode(octets))
  }
  if (cursor.peek('(')) {
    const keys = cursor.list(() => searchKey(cursor, context, depth + 1))
    return keys.length === 1 && keys[0] ? keys[0] : { kind: 'and', keys }
  }
  if (/[\d*$]/.test(cursor.ahead(1))) return numbersKey('seq', cursor.sequenceSet(), context)
  const word = cursor.keyword()
  const simple = SIMPLE[word]
  if (simple) return simple
  const day = DAYS[word]
  if (day) {
    cursor.space()
    return { kind: 'day', ...day, day: cursor.date() }
  }
  const field = FIELDS.find((name) => name === word)
  if (field) return { kind: 'field', field: LOWER[field], text: text() }
  switch (word) {
    case 'NOT':
      cursor.space()
      return not(searchKey(cursor, context, depth + 1))
    case 'OR': {
      cursor.space()
      const left = searchKey(cursor, context, depth + 1)
      cursor.space()
      return { kind: 'or', keys: [left, searchKey(cursor, context, depth + 1)] }
    }
    case 'KEYWORD':
      cursor.space()
      return flag(cursor.flag())
    case 'UNKEYWORD':
      cursor.space()
      return not(flag(cursor.flag()))
    case 'LARGER':
    case 'SMALLER':
      cursor.space()
      return { kind: word === 'LARGER' ? 'larger' : 'smaller', octets: cursor.number64() }
    case 'OLDER':
    case 'YOUNGER':
      cursor.space()
      return { kind: 'age', is: word === 'OLDER' ? 'older' : 'younger', seconds: cursor.nzNumber() }
    case 'HEADER': {
      cursor.space()
      const name = cursor.astring().toString('latin1').toLowerCase()
      return { kind: 'header', name, text: text() }
    }
    case 'BODY':
      // RFC 9051 6.4.4: BODY looks at no header fields; RFC 3501 counts those of parts as the body.
      return { kind: 'body', text: text(), fields: context.session.modes.rev2 ? 'not' : 'too' }
    case 'TEXT':
      return { kind: 'text', text: text() }
    case 'UID':
      cursor.space()
      return numbersKey('uid', cursor.sequenceSet(), context)
    default: {
      const slot = context.slots.get(word)
      return slot
        ? slot.read(
            cursor,
            context.session,
            () => searchKey(cursor, context, depth + 1),
            (load) => laterKey(context, load),
          )
        : cursor.fail('a search key')
    }
  }
}
