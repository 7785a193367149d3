import type { Moved } from '../../../mailbox/mailbox'
import type { Result } from '../../../terms/fault'
import { type Command, defineCommand } from '../../kernel/command'
import { done, faultReply } from '../../kernel/reply'
import { code } from '../../wire/response'
import { compact, type SequenceSet } from '../../wire/sequence-set'
import { saveLimit, tooMany, withinLimit, withLimitCode } from './limit'
import { messagesOf, uidsOf } from './numbers'
import { createProgress } from './progress'
import { type By, named, readOnlyReply } from './store'

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
    by,
    parse: (cursor): CopyArguments => {
      cursor.space()
      const set = cursor.sequenceSet()
      cursor.space()
      return { set, mailbox: cursor.mailbox() }
    },
    run: async ({ session, state, tag }, { set, mailbox }) => {
      const { view, mail } = state
      const refused = (kind === 'MOVE' ? readOnlyReply(state) : undefined) ?? (await session.enter(mail, mailbox))
      if (refused) return refused
      const named = messagesOf(state, set, by)
      // RFC 9051 6.4.7: all or none; RFC 9738 3.1: so a COPY of too many does nothing.
      if (kind === 'COPY' && named.length > saveLimit(session)) return tooMany(saveLimit(session))
      const limited = kind === 'MOVE' ? withinLimit(session, view, named) : { seqs: named, code: undefined }
      const uids = uidsOf(view, limited.seqs)
      // RFC 9051 6.4.7: all of the messages or none; UIDs that are no more are passed over (6.4.9).
      const missing = by === 'seq' ? 'refuse' : 'pass-over'
      const verb = kind === 'COPY' ? mail.copy : mail.move
      const result: Result<Moved> = await verb(view, uids, mailbox, missing, createProgress(session, tag, uids.length))
      if (!result.ok) return faultReply(result.fault, session.ports.tellHolder)
      const { source, destination, uidValidity, fault } = result.value
      session.counts[kind === 'COPY' ? 'copied' : 'moved'] += source.length
      if (source.length === 0) return done(`${kind} completed: nothing to do`)
      // The order of UIDs pairs source with destination (RFC 4315 3).
      const copied = code('COPYUID', uidValidity, compact(source), compact(destination))
      if (kind === 'COPY') return done('COPY completed', copied)
      session.sayOk(copied, 'Moved')
      if (fault) return faultReply(fault, session.ports.tellHolder)
      return withLimitCode(session, done('MOVE completed'), limited.code)
    },
  })

export const copyCommands: readonly Command[] = [
  copying('seq', 'COPY'),
  copying('uid', 'COPY'),
  copying('seq', 'MOVE'),
  copying('uid', 'MOVE'),
]
