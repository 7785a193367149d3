import { isAscii } from 'node:buffer'
import type { AccountMail, Incoming } from '../../../mailbox/mailbox'
import { flagSet } from '../../../terms/flags'
import { type Command, defineCommand } from '../../kernel/command'
import { done, faultReply, no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { AppendData, Slots } from '../../kernel/slots'
import { LOGGED_IN } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { code } from '../../wire/response'
import { compact } from '../../wire/sequence-set'
import { mailboxArgument, sayOldName } from '../mailboxes/names'
import { saveLimit, tooMany } from './limit'

export interface AppendMessage {
  readonly incoming: Incoming
  /** sent as `UTF8 (literal8)` */
  readonly utf8: boolean
  readonly load?: NonNullable<AppendData['load']>
}

/** append-message of RFC 4466 5, with the blank before it */
export function appendMessage(cursor: Cursor, session: Session, slots: Slots): AppendMessage {
  cursor.space()
  const given = cursor.peek('(') ? cursor.flags() : undefined
  if (given) cursor.space()
  const internalDate = cursor.peek('"') ? cursor.dateTime() : undefined
  if (internalDate !== undefined) cursor.space()
  const flags = given ?? []
  const data: AppendData = { flags, internalDate, bytes: undefined, utf8: false }
  while (!cursor.atMessage) {
    const slot = slots.append.get(cursor.keyword()) ?? cursor.fail('a literal')
    slot.read(cursor, session, data)
    if (data.bytes || data.load) break
    cursor.space()
  }
  const { load, utf8 } = data
  const bytes = data.bytes ?? (load ? Buffer.alloc(0) : cursor.message())
  const incoming = { bytes, flags: flagSet(flags), ...(internalDate !== undefined && { internalDate }) }
  return { incoming, utf8, ...(load && { load }) }
}

/** Messages with their octets, also those that are put together now. @param to the mailbox that they are for */
export async function loaded(
  session: Session,
  mail: AccountMail,
  to: string,
  messages: readonly AppendMessage[],
): Promise<readonly AppendMessage[] | Reply> {
  if (!messages.some(({ load }) => load)) return messages
  const refused = await session.enter(mail, to)
  if (refused) return refused
  // Whoever may make the mailbox and try again hears so first.
  const accepted = await mail.accepts(to)
  if (!accepted.ok) return faultReply(accepted.fault, session.ports.tellHolder)
  const limit = session.ports.settings.maxAppend
  const budget = { limit, left: limit }
  const whole: AppendMessage[] = []
  for (const message of messages) {
    const bytes = message.load ? await message.load(session, mail, budget) : message.incoming.bytes
    if (!Buffer.isBuffer(bytes)) return bytes
    whole.push({ incoming: { ...message.incoming, bytes }, utf8: message.utf8 })
  }
  return whole
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

/** of one APPEND: they are stored in one transaction */
const MOST_MESSAGES = 200

/** APPEND of one message or of several (RFC 3502), all or none. */
const append = defineCommand({
  name: 'APPEND',
  rfc: 'RFC 9051 6.3.12 and RFC 3502',
  states: LOGGED_IN,
  parse: (cursor, session, slots) => {
    const mailbox = mailboxArgument(cursor)
    const messages = [appendMessage(cursor, session, slots)]
    while (cursor.peek(' ')) {
      if (messages.length >= MOST_MESSAGES) cursor.fail(`at most ${MOST_MESSAGES} messages`)
      messages.push(appendMessage(cursor, session, slots))
    }
    return { mailbox, messages }
  },
  run: async ({ session, state }, { mailbox, messages }) => {
    if (messages.length > saveLimit(session)) return tooMany(saveLimit(session))
    const whole = await loaded(session, state.mail, mailbox.name, messages)
    if ('kind' in whole) return whole
    const refused = refusal(session, whole) ?? (await session.enter(state.mail, mailbox.name))
    if (refused) return refused
    const incoming = whole.map((message) => message.incoming)
    const result = await state.mail.append(mailbox.name, incoming)
    if (!result.ok) return faultReply(result.fault, session.ports.tellHolder)
    sayOldName(session, mailbox)
    const { mailbox: target, uids } = result.value
    session.counts.appended += uids.length
    return done('APPEND completed', code('APPENDUID', target.uidValidity, compact(uids)))
  },
})

export const appendCommands: readonly Command[] = [append]
