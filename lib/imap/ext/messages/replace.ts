import { sayOldName } from '../../base/mailboxes/names'
import { appendMessage, loaded, refusal } from '../../base/messages/append'
import { messagesOf, uidsOf } from '../../base/messages/numbers'
import { readOnlyReply } from '../../base/messages/store'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done, faultReply, no } from '../../kernel/reply'
import { code } from '../../wire/response'
import { compact } from '../../wire/sequence-set'

/** REPLACE (RFC 8508): a new message for an old one, in one transaction. */
const replacing = (by: 'seq' | 'uid'): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID REPLACE' : 'REPLACE',
    rfc: 'RFC 8508 3',
    states: ['selected'],
    by,
    parse: (cursor, session, slots) => {
      cursor.space()
      const set = cursor.sequenceRanges()
      const [low, high] = set[0] ?? cursor.fail('a message number')
      if (set.length !== 1 || low !== high) cursor.fail('one message number')
      cursor.space()
      return { set, mailbox: cursor.namedMailbox(), message: appendMessage(cursor, session, slots) }
    },
    run: async ({ session, state }, { set, mailbox, message }) => {
      const readOnly = readOnlyReply(state)
      if (readOnly) return readOnly
      const { view, mail } = state
      const [replaced] = uidsOf(view, messagesOf(state, set, by))
      const whole = await loaded(session, mail, mailbox.name, [message])
      if ('kind' in whole) return whole
      const refused = refusal(session, whole) ?? (await session.enter(mail, mailbox.name))
      if (refused) return refused
      const incoming = whole[0]?.incoming ?? message.incoming
      if (replaced === undefined) return no('There is no such message', 'NONEXISTENT')
      const result = await mail.replace(view, replaced, mailbox.name, incoming)
      if (!result.ok) return faultReply(result.fault, session.ports.tellHolder)
      sayOldName(session, mailbox)
      const { mailbox: target, uids } = result.value
      session.counts.appended += uids.length
      session.counts.expunged += uids.length
      // RFC 8508 4.3: before the EXPUNGE
      session.sayOk(code('APPENDUID', target.uidValidity, compact(uids)), 'Replacement message ready')
      return done('REPLACE completed')
    },
  })

export const replace: Extension = {
  rfcs: {
    8508: { title: 'IMAP REPLACE' },
  },
  commands: [replacing('seq'), replacing('uid')],
  capabilities: afterLogin('REPLACE'),
}
