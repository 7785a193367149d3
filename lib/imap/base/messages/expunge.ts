import type { Result } from '../../../terms/fault'
import type { Uid } from '../../../terms/numbers'
import { type Command, defineCommand, nothing } from '../../kernel/command'
import { done, faultReply, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import { withinLimit, withLimitCode } from './limit'
import { messagesOf, uidsOf } from './numbers'
import { createProgress } from './progress'
import { readOnlyReply } from './store'

function reply(session: Session, removed: Result<readonly Uid[]>, name: string): Reply {
  if (!removed.ok) return faultReply(removed.fault, session.ports.tellHolder)
  session.counts.expunged += removed.value.length
  return done(`${name} completed`)
}

const expunge = defineCommand({
  name: 'EXPUNGE',
  rfc: 'RFC 9051 6.4.3',
  states: ['selected'],
  parse: nothing,
  run: async ({ session, state, tag }) => {
    const refused = readOnlyReply(state)
    if (refused) return refused
    const removed = await state.mail.expunge(state.view, 'all', createProgress(session, tag))
    return reply(session, removed, 'EXPUNGE')
  },
})

const uidExpunge = defineCommand({
  name: 'UID EXPUNGE',
  rfc: 'RFC 4315 2.1',
  states: ['selected'],
  by: 'uid',
  parse: (cursor) => {
    cursor.space()
    return cursor.sequenceSet()
  },
  run: async ({ session, state, tag }, set) => {
    const refused = readOnlyReply(state)
    if (refused) return refused
    const { view } = state
    // RFC 9738 3.1: those that are expunged count.
    const deleted = messagesOf(state, set, 'uid').filter((seq) => view.flagsAt(seq).has('\\Deleted'))
    const { seqs, code } = withinLimit(session, view, deleted)
    const uids = uidsOf(view, seqs)
    const removed = await state.mail.expunge(view, uids, createProgress(session, tag, uids.length))
    return withLimitCode(session, reply(session, removed, 'UID EXPUNGE'), removed.ok ? code : undefined)
  },
})

export const expungeCommands: readonly Command[] = [expunge, uidExpunge]
