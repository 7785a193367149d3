import type {
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerAuthenticationResponse,
  SMTPServerDataStream,
  SMTPServerEnvelope,
  SMTPServerSession,
} from 'smtp-server'
import type { Delivery } from '../delivery/delivery'
import { type Accepted, isReply, LARGE } from '../delivery/mail'
import { isFailure, type Reply, UNAVAILABLE, UNKNOWN } from '../delivery/reply'
import type { Login, LoginPeer, LoginProtocol } from '../login/login'
import { logThrown } from '../terms/log-thrown'
import type { Log } from '../terms/ports'
import { turn } from '../work/turns'
import { receivedLine } from './received'

/** An error as smtp-server takes it: its reply code, and a text that begins with the enhanced code. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly responseCode: number
  constructor({ code, enhanced, text }: Reply) {
    super(`${enhanced} ${text}`)
    this.responseCode = code
  }
}

export interface HandlerPorts {
  readonly delivery: Delivery
  /** the name in Received lines */
  readonly hostname: string
  /** octets of the largest message; 0: no limit */
  readonly maxSize: number
  /** adds a Received line of its own: not where the program around it does so */
  readonly received: boolean
  /** one reply for each recipient after DATA (LMTP), or one for all (SMTP) */
  readonly replies: 'each' | 'one'
  readonly log: Log
}

/** Handler shapes of smtp-server, which calls them without `this`. */
type Done<T = void> = (error?: Error | null, value?: T) => void

/**
 * `onRcptTo` and `onData` of the smtp-server package over our store: for the LMTP line, and for programs that run smtp-server
 * themselves. With `replies: 'one'` (SMTP) a message that is stored for some is accepted; the others must be told by `onFailed`.
 */
export function createHandlers(ports: HandlerPorts & { onFailed?(sender: string, failures: readonly string[]): void }) {
  const { delivery, hostname, maxSize, log } = ports
  // smtp-server keeps one recipient of several with one address, but RFC 2033 4.2 wants a reply for each RCPT that was accepted.
  const accepted = new WeakMap<SMTPServerEnvelope, Accepted[]>()

  async function rcpt({ address }: SMTPServerAddress, { envelope }: SMTPServerSession): Promise<void> {
    // Hundreds may come in one packet.
    await turn()
    // RFC 5321 4.5.1: `postmaster` may stand without a domain.
    const answer = (await delivery.rcpt(address.includes('@') ? address : `${address}@${hostname}`)) ?? UNKNOWN
    if (isReply(answer)) throw new Refusal(answer)
    const before = accepted.get(envelope)
    if (before) before.push(answer)
    else accepted.set(envelope, [answer])
  }

  /** Reads on until `octets` has more than `most`. What is over the limit is thrown away: the client hears of it at the end. */
  async function read(
    stream: SMTPServerDataStream,
    pieces: AsyncIterator<Buffer>,
    octets: Buffer[],
    most: number,
  ): Promise<void> {
    let size = octets.reduce((sum, piece) => sum + piece.length, 0)
    while (size <= most) {
      const { done, value } = await pieces.next()
      if (done) return
      size += value.length
      octets.push(value)
      if (isTooBig(stream)) octets.length = 0
    }
  }
  const isTooBig = (stream: SMTPServerDataStream): boolean =>
    stream.sizeExceeded || (maxSize > 0 && stream.byteLength > maxSize)

  async function data(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<readonly Reply[]> {
    const octets: Buffer[] = []
    const pieces: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()
    await read(stream, pieces, octets, LARGE)
    if (stream.readableEnded) return deliver(stream, session, octets)
    // The client waits meanwhile: nobody reads its socket.
    return delivery.large(async () => {
      await read(stream, pieces, octets, Number.POSITIVE_INFINITY)
      return deliver(stream, session, octets)
    })
  }

  async function deliver(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    octets: readonly Buffer[],
  ): Promise<readonly Reply[]> {
    const recipients = accepted.get(session.envelope) ?? []
    if (isTooBig(stream)) {
      const text = `message too big: the limit is ${maxSize} octets`
      return recipients.map(() => ({ code: 552, enhanced: '5.3.4', text }))
    }
    const { mailFrom } = session.envelope
    const mail = {
      sender: mailFrom === false ? '' : mailFrom.address,
      received: (recipient: string | undefined) =>
        ports.received ? receivedLine(session, hostname, recipient, new Date()) : '',
      octets,
    }
    return delivery.deliver(mail, recipients)
  }

  /** One reply for all: a failure only when nobody has it, for it would be sent again. */
  function settle(session: SMTPServerSession, replies: readonly Reply[], done: Done<string>): void {
    const failures = replies.filter(isFailure)
    const [first = UNAVAILABLE] = failures
    if (failures.length === replies.length) return done(new Refusal(first))
    const recipients = accepted.get(session.envelope) ?? []
    const lines = replies.flatMap((reply, index) =>
      isFailure(reply) ? [`${recipients[index]?.address ?? ''}: ${reply.enhanced} ${reply.text}`] : [],
    )
    const { mailFrom } = session.envelope
    if (lines.length > 0) ports.onFailed?.(mailFrom === false ? '' : mailFrom.address, lines)
    done(null, `2.0.0 stored for ${replies.length - failures.length}`)
  }

  return {
    onRcptTo(address: SMTPServerAddress, session: SMTPServerSession, done: Done): void {
      rcpt(address, session).then(
        () => done(),
        (error: unknown) => {
          if (error instanceof Refusal) return done(error)
          logThrown(log, `recipient of ${session.id}`, error)
          done(new Refusal(UNAVAILABLE))
        },
      )
    },
    onData(stream: SMTPServerDataStream, session: SMTPServerSession, done: Done<string | (string | Error)[]>): void {
      data(stream, session).then(
        (replies) => {
          if (ports.replies === 'one') return settle(session, replies, done)
          done(
            null,
            replies.map((reply) => (isFailure(reply) ? new Refusal(reply) : `${reply.enhanced} ${reply.text}`)),
          )
        },
        (error: unknown) => {
          logThrown(log, `message of ${session.id}`, error)
          done(new Refusal(UNAVAILABLE))
        },
      )
    },
  }
}

/**
 * `onAuth` of smtp-server through the login door, with its lockouts: PLAIN and LOGIN. The user that smtp-server keeps as
 * `session.user` is the account's name.
 */
export function createAuthHandler(login: Pick<Login, 'attempt' | 'allowsCleartext'>, protocol: LoginProtocol = 'smtp') {
  return (
    { username, password }: SMTPServerAuthentication,
    session: SMTPServerSession,
    done: (error: Error | null | undefined, response?: SMTPServerAuthenticationResponse) => void,
  ): void => {
    const peer: LoginPeer = {
      protocol,
      address: session.remoteAddress,
      tls: session.secure,
      connection: session.id,
    }
    if (!login.allowsCleartext(peer)) {
      return done(new Refusal({ code: 538, enhanced: '5.7.11', text: 'Encryption required for authentication' }))
    }
    login.attempt(peer, username ?? '', password ?? '').then(
      (answer) => {
        switch (answer.kind) {
          case 'granted':
            return done(null, { user: answer.identity.name })
          case 'invalid':
            return done(new Refusal({ code: 535, enhanced: '5.7.8', text: 'Authentication failed' }))
          case 'unavailable':
            return done(new Refusal({ code: 454, enhanced: '4.7.0', text: 'Temporary authentication failure' }))
        }
      },
      () => done(new Refusal({ code: 454, enhanced: '4.7.0', text: 'Temporary authentication failure' })),
    )
  }
}
