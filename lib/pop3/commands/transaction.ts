import type { Command, Session, Transaction } from '../command'
import { sendLines, sendOctets } from '../multiline'

const NO_SUCH = '-ERR no such message'

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

function totals(state: Transaction): { count: number; octets: number } {
  let count = 0
  let octets = 0
  for (const number of alive(state)) {
    count++
    octets += state.maildrop.sizeOf(number)
  }
  return { count, octets }
}

const stat: Command = {
  name: 'STAT',
  rfc: 'RFC 1939 5',
  states: 'transaction',
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
        return session.say(number === undefined ? NO_SUCH : `+OK ${number} ${show(state, number)}`)
      }
      session.say('+OK')
      await sendLines(
        session.connection.writer,
        map(alive(state), (number) => `${number} ${show(state, number)}`),
      )
    },
  }
}

async function sendMessage(session: Session, greeting: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const source = chunks[Symbol.asyncIterator]()
  // The first piece decides the answer: after +OK it is too late to say that the message cannot be read.
  const first = await source.next().catch(() => undefined)
  if (first === undefined) return session.say('-ERR [SYS/TEMP] the message cannot be read now')
  session.say(greeting)
  const rest = async function* (): AsyncGenerator<Buffer> {
    if (!first.done) yield first.value
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
  }
  try {
    await sendOctets(session.connection.writer, rest())
  } catch {
    // Half a message must not look like a whole one.
    session.connection.destroy('ended')
  }
}

const retr: Command = {
  name: 'RETR',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  run: async (session, args, state) => {
    const number = numbered(args, state)
    if (number === undefined) return session.say(NO_SUCH)
    await sendMessage(session, `+OK ${state.maildrop.sizeOf(number)} octets`, state.maildrop.read(number))
    state.seen.add(number)
  },
}

const top: Command = {
  name: 'TOP',
  rfc: 'RFC 1939 7',
  states: 'transaction',
  run: async (session, args, state) => {
    const [message = '', lines = '', ...more] = args.split(' ')
    const number = numbered(message, state)
    if (!/^\d{1,9}$/.test(lines) || more.length > 0)
      return session.say('-ERR TOP needs a message and a number of lines')
    if (number === undefined) return session.say(NO_SUCH)
    await sendMessage(session, '+OK', state.maildrop.top(number, Number(lines)))
  },
}

const dele: Command = {
  name: 'DELE',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  run: (session, args, state) => {
    const number = numbered(args, state)
    if (number === undefined) return session.say(NO_SUCH)
    state.deleted.add(number)
    session.say('+OK deleted')
  },
}

const rset: Command = {
  name: 'RSET',
  rfc: 'RFC 1939 5',
  states: 'transaction',
  run: (session, _args, state) => {
    state.deleted.clear()
    const { count, octets } = totals(state)
    session.say(`+OK ${count} ${octets}`)
  },
}

const noop: Command = { name: 'NOOP', rfc: 'RFC 1939 5', states: 'transaction', run: (session) => session.say('+OK') }

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
