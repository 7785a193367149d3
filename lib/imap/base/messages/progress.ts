import type { Session } from '../../kernel/session'
import { quoted } from '../../wire/encode'
import { code, list } from '../../wire/response'

/** Milliseconds between two words of progress: clients and NAT give up after about a minute. */
const EVERY = 10_000

/**
 * RFC 9585: tells how far a long command is.
 * @param goal undefined: not known
 * @returns to be called with what is done so far, less than `goal`
 */
export function createProgress(session: Session, tag: string, goal?: number): (done: number) => void {
  const { clock } = session.ports
  let last = clock.now()
  return (done) => {
    const now = clock.now()
    if (now - last < EVERY) return
    last = now
    session.sayOk(code('INPROGRESS', list([quoted(tag), done, goal ?? 'NIL'])), 'Still working')
    session.connection.writer.flush()
  }
}
