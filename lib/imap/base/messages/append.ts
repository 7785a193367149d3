import { isAscii } from 'node:buffer'
import type { Incoming } from '../../../mailbox/mailbox'
import type { Fault } from '../../../terms/fault'
import { flagSet } from '../../../terms/flags'
import { type Command, defineCommand } from '../../kernel/command'
import { done, faultReply, no, type Reply } from '../../kernel/faults'
import type { Session } from '../../kernel/session'
import type { Cursor } from '../../wire/cursor'
import { compact } from '../../wire/sequence-set'
import { sayOldName } from '../mailboxes/mailboxes'

export interface AppendMessage {
  readonly incoming: Incoming
  /** sent as `UTF8 (literal8)` */
  readonly utf8: boolean
}

/** append-message of RFC 4466, with the blank before it and utf8-literal of RFC 6855 4 */
export function appendMessage(cursor: Cursor): AppendMessage {
  cursor.space()
  const flags = cursor.peek('(') ? cursor.flags() : undefined
  if (flags) cursor.space()
  const internalDate = cursor.peek('"') ? cursor.dateTime() : undefined
  if (internalDate !== undefined) cursor.space()
  const utf8 = cursor.try('UTF8 (')
  const bytes = cursor.message()
  if (utf8) cursor.expect(')')
  const incoming = { bytes, flags: flagSet(flags ?? []), ...(internalDate !== undefined && { internalDate }) }
  return { incoming, utf8 }
}

function hasEightBitHeader(bytes: Buffer): boolean {
  const ends = ['\r\n\r\n', '\n\n', '\n\r\n'].map((line) => bytes.indexOf(line)).filter((at) => at >= 0)
  return !isAscii(bytes.subarray(0, Math.min(bytes.length, ...ends)))
}

/** Why these messages are not taken, before anything else is looked at. */
export function refusal({ modes, ports }: Session, messages: readonly AppendMessage[]): Reply | undefined {
  // RFC 3502 6.3.11: a literal of no octets is an error, with which a client cancels.
  if (messages.some(({ incoming }) => incoming.bytes.length === 0))
    return no('A message has no octets: nothing was appended')
  const strict = ports.settings.headers8bit === 'refuse'
  if (!modes.utf8 && messages.some(({ incoming, utf8 }) => (utf8 || strict) && hasEightBitHeader(incoming.bytes)))
    return no('ENABLE UTF8=ACCEPT before a message with such a header', 'CANNOT')
  return undefined
}

/** RFC 9051 6.3.12: a client may make the mailbox and try again. */
export const appendFault = ({ ports }: Session, fault: Fault): Reply =>
  fault.kind === 'no-such-mailbox'
    ? { kind: 'no', code: 'TRYCREATE', text: 'There is no such mailbox' }
    : faultReply(fault, ports.tellHolder)

/** of one APPEND: they are stored in one transaction */
const MOST_MESSAGES = 200

/** APPEND of one message or of several (RFC 3502), all or none. */
const append = defineCommand({
  name: 'APPEND',
  rfc: 'RFC 9051 6.3.12 and RFC 3502',
  states: ['authenticated', 'selected'],
  parse: (cursor) => {
    cursor.space()
    const mailbox = cursor.namedMailbox()
    const messages = [appendMessage(cursor)]
    while (cursor.peek(' ')) {
      if (messages.length >= MOST_MESSAGES) cursor.fail(`at most ${MOST_MESSAGES} messages`)
      messages.push(appendMessage(cursor))
    }
    return { mailbox, messages }
  },
  run: async ({ session, state }, { mailbox, messages }) => {
    const refused = refusal(session, messages) ?? (await session.enter(state.mail))
    if (refused) return refused
    const incoming = messages.map((message) => message.incoming)
    const result = await state.mail.append(mailbox.name, incoming)
    if (!result.ok) return appendFault(session, result.fault)
    sayOldName(session, mailbox)
    const { mailbox: target, uids } = result.value
    return done('APPEND completed', `APPENDUID ${target.uidValidity} ${compact(uids)}`)
  },
})

export const appendCommands: readonly Command[] = [append]
