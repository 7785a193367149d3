import type { Moved } from '../../../mailbox/mailbox'
import type { Result } from '../../../terms/fault'
import { type FlagChange, type FlagSet, flagSet } from '../../../terms/flags'
import { modSeq } from '../../../terms/numbers'
import { type Command, defineCommand, nothing } from '../../kernel/command'
import { done, expungedReply, faultReply, no, partlyExpungedReply } from '../../kernel/faults'
import type { Selected, Session } from '../../kernel/session'
import { compact, type SequenceSet } from '../../wire/sequence-set'
import { messagesOf, uidsOf } from './numbers'
import { createProgress } from './progress'

type By = 'seq' | 'uid'
const named = (by: By, name: string): string => (by === 'uid' ? `UID ${name}` : name)

function readOnlyReply({ readOnly }: Selected) {
  return readOnly ? no('The mailbox is open read-only', 'READ-ONLY') : undefined
}

/** flag-list of a FETCH response. Keywords that the client has not heard of are announced before it (RFC 9051 7.3.5). */
export function flagsText(session: Session, flags: FlagSet, recent: boolean): string {
  session.learn(flags)
  if (!recent || session.modes.rev2) return flags.wire
  return flags.names.length > 0 ? `(\\Recent ${flags.names.join(' ')})` : '(\\Recent)'
}

/** RFC 7162 3.2.4, RFC 9051 7.5.2: whether FETCH responses that were not asked for carry the UID. */
export const saysUid = ({ modes }: Session): boolean => modes.condstore || modes.rev2

interface StoreArguments {
  readonly set: SequenceSet
  readonly unchangedSince: number | undefined
  readonly how: FlagChange
  readonly silent: boolean
  readonly flags: readonly string[]
}

const store = (by: By): Command =>
  defineCommand({
    name: named(by, 'STORE'),
    rfc: 'RFC 9051 6.4.6 and RFC 7162 3.1.3',
    states: ['selected'],
    expunges: by === 'uid' ? 'say' : 'hold',
    uid: by === 'uid',
    parse: (cursor): StoreArguments => {
      cursor.space()
      const set = cursor.sequenceSet()
      cursor.space()
      let unchangedSince: number | undefined
      if (cursor.try('(UNCHANGEDSINCE ')) {
        unchangedSince = cursor.number64()
        cursor.expect(') ')
      }
      const how = cursor.try('+') ? 'add' : cursor.try('-') ? 'remove' : 'replace'
      cursor.expect('FLAGS')
      const silent = cursor.try('.SILENT')
      cursor.space()
      const flags = cursor.flags()
      if (flags.some((flag) => flag === '\\*')) cursor.fail('a flag')
      return { set, unchangedSince, how, silent, flags }
    },
    run: async ({ session, state, tag }, { set, unchangedSince, how, silent, flags }) => {
      const refused = readOnlyReply(state)
      if (refused) return refused
      if (unchangedSince !== undefined) session.enableCondstore()
      const { view, mail } = state
      const seqs = messagesOf(state, set, by)
      const uids = uidsOf(view, seqs)
      view.quiet(uids)
      const since = unchangedSince === undefined ? undefined : modSeq(unchangedSince)
      const progress = createProgress(session, tag, uids.length)
      const result = await mail.storeFlags(view, uids, how, flagSet(flags), since, progress)
      if (!result.ok) return faultReply(result.fault, session.ports.tellHolder)
      session.tell(await view.sync('hold'), by === 'uid')
      const changed = flagSet(flags)
      if (how !== 'remove' && seqs.length > 0) session.learn(changed)
      const modified = new Set<number>(result.value)
      let gone = 0
      for (const seq of seqs) {
        if (silent && !session.modes.condstore) break
        // RFC 2180 4.2: nothing is told of what is no more; .SILENT is OK when the others were stored.
        if (view.isGone(seq)) {
          if (!silent) gone++
          continue
        }
        const number = view.uidAt(seq)
        const items = [
          ...(by === 'uid' || saysUid(session) ? [`UID ${number}`] : []),
          ...(silent && !modified.has(number)
            ? []
            : [`FLAGS ${flagsText(session, view.flagsAt(seq), view.isRecent(seq))}`]),
          ...(session.modes.condstore ? [`MODSEQ (${view.modSeqAt(seq)})`] : []),
        ]
        session.say(`* ${seq} FETCH (${items.join(' ')})`)
        if (session.connection.writer.full && !(await session.connection.writer.drained())) break
      }
      // RFC 9051 6.4.9: a UID that is no more is passed over.
      if (gone > 0 && by === 'seq' && modified.size === 0)
        return gone < seqs.length ? partlyExpungedReply() : expungedReply()
      if (modified.size === 0) return done('STORE completed')
      // RFC 7162 3.1.3: UIDs for UID STORE, sequence numbers for STORE.
      const numbers = by === 'uid' ? [...modified] : seqs.filter((seq) => modified.has(view.uidAt(seq)))
      return done('Conditional STORE failed for some', `MODIFIED ${compact(numbers.sort((a, b) => a - b))}`)
    },
  })

interface CopyArguments {
  readonly set: SequenceSet
  readonly mailbox: string
}

const copying = (by: By, kind: 'COPY' | 'MOVE'): Command =>
  defineCommand({
    name: named(by, kind),
    rfc: kind === 'COPY' ? 'RFC 9051 6.4.7' : 'RFC 6851 3',
    states: ['selected'],
    expunges: kind === 'MOVE' || by === 'uid' ? 'say' : 'hold',
    uid: by === 'uid',
    parse: (cursor): CopyArguments => {
      cursor.space()
      const set = cursor.sequenceSet()
      cursor.space()
      return { set, mailbox: cursor.mailbox() }
    },
    run: async ({ session, state, tag }, { set, mailbox }) => {
      const refused = kind === 'MOVE' ? readOnlyReply(state) : undefined
      if (refused) return refused
      const { view, mail } = state
      const uids = uidsOf(view, messagesOf(state, set, by))
      // RFC 9051 6.4.7: all of the messages or none; UIDs that are no more are passed over (6.4.9).
      const missing = by === 'seq' ? 'refuse' : 'pass-over'
      const verb = kind === 'COPY' ? mail.copy : mail.move
      const result: Result<Moved> = await verb(view, uids, mailbox, missing, createProgress(session, tag, uids.length))
      if (!result.ok) return faultReply(result.fault, session.ports.tellHolder)
      const { source, destination, uidValidity, fault } = result.value
      if (source.length === 0) return done(`${kind} completed: nothing to do`)
      // The order of UIDs pairs source with destination (RFC 4315 3).
      const code = `COPYUID ${uidValidity} ${compact(source)} ${compact(destination)}`
      if (kind === 'COPY') return done('COPY completed', code)
      session.say(`* OK [${code}] Moved`)
      return fault ? faultReply(fault, session.ports.tellHolder) : done('MOVE completed')
    },
  })

const expunge = defineCommand({
  name: 'EXPUNGE',
  rfc: 'RFC 9051 6.4.3',
  states: ['selected'],
  parse: nothing,
  run: async ({ session, state, tag }) => {
    const refused = readOnlyReply(state)
    if (refused) return refused
    const removed = await state.mail.expunge(state.view, 'all', createProgress(session, tag))
    return removed.ok ? done('EXPUNGE completed') : faultReply(removed.fault, session.ports.tellHolder)
  },
})

const uidExpunge = defineCommand({
  name: 'UID EXPUNGE',
  rfc: 'RFC 4315 2.1',
  states: ['selected'],
  uid: true,
  parse: (cursor) => {
    cursor.space()
    return cursor.sequenceSet()
  },
  run: async ({ session, state, tag }, set) => {
    const refused = readOnlyReply(state)
    if (refused) return refused
    const uids = uidsOf(state.view, messagesOf(state, set, 'uid'))
    const removed = await state.mail.expunge(state.view, uids, createProgress(session, tag, uids.length))
    return removed.ok ? done('UID EXPUNGE completed') : faultReply(removed.fault, session.ports.tellHolder)
  },
})

export const changeCommands: readonly Command[] = [
  store('seq'),
  store('uid'),
  copying('seq', 'COPY'),
  copying('uid', 'COPY'),
  copying('seq', 'MOVE'),
  copying('uid', 'MOVE'),
  expunge,
  uidExpunge,
]
