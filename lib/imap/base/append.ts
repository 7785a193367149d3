import { flagSet } from '../../terms/flags'
import { type Command, defineCommand } from '../command'
import { done, faultReply, no } from '../faults'
import { compact } from '../wire/sequence-set'

/** APPEND of one message or of several (RFC 3502), all or none. */
const append = defineCommand({
  name: 'APPEND',
  rfc: 'RFC 9051 6.3.12 and RFC 3502',
  states: ['authenticated', 'selected'],
  parse: (cursor) => {
    cursor.space()
    const mailbox = cursor.mailbox()
    const messages: { flags: string[]; date: number | undefined; bytes: Buffer }[] = []
    do {
      cursor.space()
      const flags = cursor.peek('(') ? cursor.flags() : undefined
      if (flags) cursor.space()
      const date = cursor.peek('"') ? cursor.dateTime() : undefined
      if (date !== undefined) cursor.space()
      messages.push({ flags: flags ?? [], date, bytes: cursor.message() })
    } while (cursor.peek(' '))
    return { mailbox, messages }
  },
  run: async ({ session, state }, { mailbox, messages }) => {
    // RFC 3502 6.3.11: a literal of no octets is an error, with which a client cancels.
    if (messages.some(({ bytes }) => bytes.length === 0)) return no('A message has no octets: nothing was appended')
    const refused = await session.enter(state.mail)
    if (refused) return refused
    const incoming = messages.map(({ flags, date, bytes }) => ({
      bytes,
      flags: flagSet(flags),
      ...(date !== undefined && { internalDate: date }),
    }))
    const result = await state.mail.append(mailbox, incoming)
    if (!result.ok) {
      const reply = faultReply(result.fault, session.ports.tellHolder)
      // RFC 9051 6.3.12: a client may make the mailbox and try again.
      return result.fault.kind === 'no-such-mailbox'
        ? { kind: 'no', code: 'TRYCREATE', text: 'There is no such mailbox' }
        : reply
    }
    const { mailbox: target, uids } = result.value
    return done('APPEND completed', `APPENDUID ${target.uidValidity} ${compact(uids)}`)
  },
})

export const appendCommands: readonly Command[] = [append]
