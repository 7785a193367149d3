import type { SMTPServerSession } from 'smtp-server'
import { sessionLine } from '../login/session-line'
import type { Log } from '../terms/ports'
import type { createHandlers } from './handlers'

interface Counted {
  readonly began: number
  messages: number
  stored: number
  refused: number
  octets: number
}

/** The handlers, and one line in the log for each session that is over: messages, octets, and recipients by what became of them. */
export function createCounting(handlers: ReturnType<typeof createHandlers>, log: Log) {
  const sessions = new WeakMap<SMTPServerSession, Counted>()
  function of(session: SMTPServerSession): Counted {
    const known = sessions.get(session)
    if (known) return known
    const counted = { began: performance.now(), messages: 0, stored: 0, refused: 0, octets: 0 }
    sessions.set(session, counted)
    return counted
  }
  const onData: typeof handlers.onData = (stream, session, done) =>
    handlers.onData(stream, session, (error, replies) => {
      const counted = of(session)
      counted.messages += 1
      counted.octets += stream.byteLength
      for (const reply of Array.isArray(replies) ? replies : []) {
        if (typeof reply === 'string') counted.stored += 1
        else counted.refused += 1
      }
      done(error, replies)
    })
  return {
    ...handlers,
    onData,
    /** the session begins */
    begins: (session: SMTPServerSession): void => void of(session),
    onClose(session: SMTPServerSession): void {
      const { began, ...counts } = of(session)
      const { id, remoteAddress, secure, hostNameAppearsAs } = session
      log.info(
        sessionLine({
          ...{ protocol: 'lmtp', user: '', address: remoteAddress, client: hostNameAppearsAs || '', tls: secure },
          ...{ milliseconds: performance.now() - began, counts, end: 'client', connection: id },
        }),
      )
    },
  }
}
