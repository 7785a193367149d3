import { type FlagChange, flagSet } from '../../../terms/flags'
import { type Command, defineCommand } from '../../kernel/command'
import { fetchResponse } from '../../kernel/flags'
import { done, expungedReply, faultReply, no, partlyExpungedReply, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { Slots, StoreModifiers } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { code } from '../../wire/response'
import { compact, type SequenceSet } from '../../wire/sequence-set'
import { withinLimit, withLimitCode } from './limit'
import { messagesOf, uidsOf } from './numbers'
import { createProgress } from './progress'

export type By = 'seq' | 'uid'
export const named = (by: By, name: string): string => (by === 'uid' ? `UID ${name}` : name)

/** undefined: it may be written to */
export const readOnlyReply = ({ readOnly }: Selected): Reply | undefined =>
  readOnly ? no('The mailbox is open read-only', 'READ-ONLY') : undefined

interface StoreArguments {
  readonly set: SequenceSet
  readonly modifiers: StoreModifiers
  readonly how: FlagChange
  readonly silent: boolean
  readonly flags: readonly string[]
}

/** `(UNCHANGEDSINCE 5) ` */
function modifiersOf(cursor: Cursor, session: Session, slots: Slots): StoreModifiers {
  const modifiers: StoreModifiers = {}
  if (!cursor.peek('(')) return modifiers
  cursor.list(() => {
    const slot = slots.storeModifiers.get(cursor.keyword()) ?? cursor.fail('a STORE modifier')
    slot.read(cursor, session, modifiers)
  })
  cursor.space()
  return modifiers
}

function parse(cursor: Cursor, session: Session, slots: Slots): StoreArguments {
  cursor.space()
  const set = cursor.sequenceSet()
  cursor.space()
  const modifiers = modifiersOf(cursor, session, slots)
  const how = cursor.try('+') ? 'add' : cursor.try('-') ? 'remove' : 'replace'
  cursor.expect('FLAGS')
  const silent = cursor.try('.SILENT')
  cursor.space()
  const flags = cursor.flags()
  if (flags.some((flag) => flag === '\\*')) cursor.fail('a flag')
  return { set, modifiers, how, silent, flags }
}

/**
 * What STORE has made of the flags, in order of message.
 * @returns how many of the messages are no more
 */
async function sayStored(
  session: Session,
  { view }: Selected,
  stored: { readonly seqs: readonly number[]; readonly modified: ReadonlySet<number>; readonly silent: boolean },
  by: By,
): Promise<number> {
  const { seqs, modified, silent } = stored
  const { writer } = session.connection
  let gone = 0
  for (const seq of seqs) {
    if (silent && !session.modes.condstore) break
    // RFC 2180 4.2: nothing is told of what is no more; .SILENT is OK when the others were stored.
    if (view.isGone(seq)) {
      if (!silent) gone++
      continue
    }
    const uid = view.uidAt(seq)
    const flags = silent && !modified.has(uid) ? undefined : view.flagsAt(seq)
    const message = { uid, withUid: by === 'uid', flags, recent: view.isRecent(seq), modSeq: view.modSeqAt(seq) }
    session.say(fetchResponse(session, seq, message))
    if (writer.full && !(await writer.drained())) break
  }
  return gone
}

async function run(session: Session, state: Selected, args: StoreArguments, by: By, tag: string): Promise<Reply> {
  const refused = readOnlyReply(state)
  if (refused) return refused
  const { modifiers, how, silent } = args
  const flags = flagSet(args.flags)
  modifiers.begin?.(session)
  const { view, mail } = state
  const { seqs, code: limitCode } = withinLimit(session, view, messagesOf(state, args.set, by))
  const uids = uidsOf(view, seqs)
  view.quiet(uids)
  const progress = createProgress(session, tag, uids.length)
  const result = await mail.storeFlags(view, uids, how, flags, modifiers.unchangedSince, progress)
  if (!result.ok) return faultReply(result.fault, session.ports.tellHolder)
  await session.unsolicited.drain('hold', by === 'uid')
  if (how !== 'remove' && seqs.length > 0) session.learn(flags)
  const modified = new Set<number>(result.value)
  const gone = await sayStored(session, state, { seqs, modified, silent }, by)
  // RFC 9051 6.4.9: a UID that is no more is passed over.
  if (gone > 0 && by === 'seq' && modified.size === 0)
    return withLimitCode(session, gone < seqs.length ? partlyExpungedReply() : expungedReply(), limitCode)
  if (modified.size === 0) return withLimitCode(session, done('STORE completed'), limitCode)
  // RFC 7162 3.1.3: UIDs for UID STORE, sequence numbers for STORE.
  const numbers = by === 'uid' ? [...modified] : seqs.filter((seq) => modified.has(view.uidAt(seq)))
  const failed = code('MODIFIED', compact(numbers.sort((a, b) => a - b)))
  return withLimitCode(session, done('Conditional STORE failed for some', failed), limitCode)
}

const store = (by: By): Command =>
  defineCommand({
    name: named(by, 'STORE'),
    rfc: 'RFC 9051 6.4.6',
    states: ['selected'],
    expunges: by === 'uid' ? 'say' : 'hold',
    by,
    parse,
    run: ({ session, state, tag }, args) => run(session, state, args, by, tag),
  })

export const storeCommands: readonly Command[] = [store('seq'), store('uid')]
