import { quoted, quotedText } from './account-name'

/** What the log says of a session when it is over. */
export interface SessionEnd {
  readonly protocol: string
  /** empty: nobody has logged in */
  readonly user: string
  readonly address: string
  /** what the client calls itself */
  readonly client: string
  /** undefined: it is no connection */
  readonly tls?: boolean
  readonly milliseconds: number
  /** what it did, by name */
  readonly counts: Readonly<Record<string, number>>
  /** `logout`, `client` (it went), `idle`, ... or what it was told */
  readonly end: string
  readonly connection: string
}

/** Letters of a connection's id that stand in log lines. */
export const shortId = (id: string): string => id.slice(0, 8)

/**
 * The one line of a session, documented in docs/operating.md: its form is stable.
 * `session: address=192.0.2.1 user="a@b" protocol=imap client="x" tls=yes seconds=12.3 in=512 ... end="logout" connection=1a2b3c4d`
 */
export function sessionLine(session: SessionEnd): string {
  const { protocol, user, address, client, tls, milliseconds, counts, end, connection } = session
  const numbers = Object.entries(counts).map(([name, count]) => ` ${name}=${count}`)
  return (
    `session: address=${address} user=${quoted(user)} protocol=${protocol} client=${quotedText(client)}` +
    `${tls === undefined ? '' : ` tls=${tls ? 'yes' : 'no'}`} seconds=${(milliseconds / 1000).toFixed(1)}${numbers.join('')}` +
    ` end=${quotedText(end)} connection=${shortId(connection)}`
  )
}

/** A connection that is about to be closed, or is. */
interface Ending {
  readonly id: string
  readonly address: string
  readonly secure: boolean
  readonly reader: { readonly received: number }
  readonly writer: { readonly written: number }
  readonly closed: AbortSignal
}

/**
 * The line of a session over a connection.
 * @param began as `performance.now()` said then
 * @param ended why, where the server or a command ended it
 */
export function connectionLine(
  { id, address, secure, reader, writer, closed }: Ending,
  session: Pick<SessionEnd, 'protocol' | 'user' | 'client' | 'counts'>,
  began: number,
  ended: string | undefined,
): string {
  // `ended`: this server has closed it because the client had closed its side.
  const reason = closed.aborted && closed.reason !== 'ended' ? String(closed.reason) : 'client'
  return sessionLine({
    ...{ address, tls: secure, connection: id, milliseconds: performance.now() - began, end: ended ?? reason },
    ...session,
    counts: { in: reader.received, out: writer.written, ...session.counts },
  })
}
