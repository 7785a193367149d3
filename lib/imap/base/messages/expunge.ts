import type { Result } from '../../../terms/fault'
import type { Uid } from '../../../terms/numbers'
import { type Command, defineCommand, nothing } from '../../kernel/command'
import { done, faultReply, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
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
    const uids = uidsOf(state.view, messagesOf(state, set, 'uid'))
    const removed = await state.mail.expunge(state.view, uids, createProgress(session, tag, uids.length))
    return reply(session, removed, 'UID EXPUNGE')
  },
})

export const expungeCommands: readonly Command[] = [expunge, uidExpunge]
