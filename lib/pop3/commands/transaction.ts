import { type MaildropMessage, MessageGone, MessageNeedsUtf8 } from '../../mailbox/mailbox'
import { logThrown } from '../../terms/log-thrown'
import type { Command, Session, Transaction } from '../command'
import { sendLines, sendOctets } from '../multiline'

const NO_SUCH = 'no such message'

/** A message number that exists and is not marked as deleted (RFC 1939 5). */
function numbered(text: string, { maildrop, deleted }: Transaction): number | undefined {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= maildrop.count && !deleted.has(number) ? number : undefined
}

function* alive({ maildrop, deleted }: Transaction): Generator<number> {
  for (let number = 1; number <= maildrop.count; number++) if (!deleted.has(number)) yield number
}

function* map<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of items) yield change(item)
}

function totals({ maildrop, deleted }: Transaction): { count: number; octets: number } {
  let { octets } = maildrop
  for (const number of deleted) octets -= maildrop.sizeOf(number)
  return { count: maildrop.count - deleted.size, octets }
}

const stat: Command = {
  name: 'STAT',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  bare: true,
  run: (session, _args, state) => {
    const { count, octets } = totals(state)
    session.say(`+OK ${count} ${octets}`)
  },
}

/** LIST and UIDL differ in what they show of a message only. */
function listing(name: string, rfc: string, show: (state: Transaction, number: number) => string | number): Command {
  return {
    name,
    rfc,
    states: 'transaction',
    run: async (session, args, state) => {
      if (args !== '') {
        const number = numbered(args, state)
        if (number === undefined) return session.err(NO_SUCH)
        return session.say(`+OK ${number} ${show(state, number)}`)
      }
      session.say('+OK')
      await sendLines(
        session.connection.writer,
        map(alive(state), (number) => `${number} ${show(state, number)}`),
      )
    },
  }
}

/** @returns whether the client was sent all of it */
async function sendMessage(
  session: Session,
  { maildrop }: Transaction,
  number: number,
  greet: (message: MaildropMessage) => void,
  octetsOf: (message: MaildropMessage) => AsyncIterable<Buffer>,
): Promise<boolean> {
  let rest: AsyncGenerator<Buffer>
  try {
    // RFC 6856 2.1: octets that are not ASCII stand in a header only for who said UTF8.
    const message = await maildrop.message(number, session.modes.utf8 ? 'as-is' : session.ports.settings.utf8Headers)
    const source = octetsOf(message)[Symbol.asyncIterator]()
    // The first piece decides the answer: after +OK it is too late to say that the message cannot be read.
    const first = await source.next()
    greet(message)
    rest = (async function* () {
      for (let next = first; !next.done; next = await source.next()) yield next.value
    })()
  } catch (error) {
    if (error instanceof MessageNeedsUtf8) {
      session.err('the message needs the command UTF8', 'UTF8')
      return false
    }
    if (!(error instanceof MessageGone)) logThrown(session.ports.log, `POP3 ${session.connection.id}`, error)
    session.err('the message cannot be read now', 'SYS/TEMP')
    return false
  }
  try {
    return await sendOctets(session.connection.writer, rest)
  } catch (error) {
    if (!(error instanceof MessageGone)) logThrown(session.ports.log, `POP3 ${session.connection.id}`, error)
    // Half a message must not look like a whole one.
    session.connection.destroy('ended')
    return false
  }
}

const retr: Command = {
  name: 'RETR',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  run: async (session, args, state) => {
    const number = numbered(args, state)
    if (number === undefined) return session.err(NO_SUCH)
    const greet = ({ size }: MaildropMessage): void => session.ok('{} octets', size)
    if (await sendMessage(session, state, number, greet, (message) => message.octets())) {
      state.retrieved.add(number)
      session.counts.retr += 1
    }
  },
}

const top: Command = {
  name: 'TOP',
  rfc: 'RFC 1939 7',
  states: 'transaction',
  run: async (session, args, state) => {
    const [text = '', lines = '', ...more] = args.split(' ')
    const number = numbered(text, state)
    if (!/^\d{1,9}$/.test(lines) || more.length > 0) return session.err('TOP needs a message and a number of lines')
    if (number === undefined) return session.err(NO_SUCH)
    const greet = (): void => session.say('+OK')
    await sendMessage(session, state, number, greet, (message) => message.top(Number(lines)))
  },
}

const dele: Command = {
  name: 'DELE',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  run: (session, args, state) => {
    const number = numbered(args, state)
    if (number === undefined) return session.err(NO_SUCH)
    state.deleted.add(number)
    session.ok('deleted')
  },
}

const rset: Command = {
  name: 'RSET',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  bare: true,
  run: (session, _args, state) => {
    state.deleted.clear()
    const { count, octets } = totals(state)
    session.say(`+OK ${count} ${octets}`)
  },
}

const noop: Command = {
  name: 'NOOP',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  bare: true,
  run: (session) => session.say('+OK'),
}

export const transactionCommands: readonly Command[] = [
  stat,
  listing('LIST', 'RFC 1939 5', ({ maildrop }, number) => maildrop.sizeOf(number)),
  listing('UIDL', 'RFC 1939 7', ({ maildrop }, number) => maildrop.uidlOf(number)),
  retr,
  top,
  dele,
  rset,
  noop,
]
