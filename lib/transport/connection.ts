/** What POP3 and IMAP see of a socket: lines and octets in, octets out, TLS, time limits. No protocol knowledge. */
export interface Connection {
  /** unique in this process and in logs */
  readonly id: string
  /** the client's address: the TCP peer's, or what a trusted proxy told (PROXY v1/v2) */
  readonly address: string
  readonly port: number
  /** the TCP peer when a trusted proxy stands between */
  readonly proxy: string | undefined
  readonly secure: boolean
  /** RFC 9266 tls-exporter and RFC 5929 tls-server-end-point, empty without TLS */
  channelBindings(): Readonly<Record<string, Buffer>>
  /** mail addresses of whom a verified client certificate names; empty without one */
  certificateNames(): readonly string[]
  readonly reader: Reader
  readonly writer: Writer
  /**
   * Upgrades now. Everything the client sent before the handshake is dropped (STARTTLS injection). Rejects when it fails.
   * @param fromTheStart nothing but TLS was expected: what came already belongs to the handshake
   */
  startTls(fromTheStart?: boolean): Promise<void>
  /** RFC 4978: both directions deflate from the next octet on. */
  startDeflate(): void
  /** After `milliseconds` without an octet from the client, `closed` aborts with reason `idle` unless `onIdle` was given. */
  idleAfter(milliseconds: number, onIdle?: () => void): void
  /**
   * What a session says when the server stops, and then ends the connection itself. Without it the connection just ends.
   * @param goodbye called once; `atRest`: nothing is half said, the session waits for the client; else its time is over
   */
  whenStopping(goodbye: (atRest: boolean) => void): void
  /** The server stops: what runs may go on for `patience` milliseconds. */
  stop(patience: number): void
  /** A trusted front-end tells who its client is (XCLIENT, IMAP ID): `address` is the client's from now on. */
  forward(client: { readonly address: string; readonly port?: number }): void
  /** Aborted once, when the connection is over; reason: CloseReason. */
  readonly closed: AbortSignal
  /** Sends what is written and nothing more, then closes; bounded in time. Never rejects. */
  end(): Promise<void>
  destroy(reason: CloseReason): void
}

export type CloseReason = 'client' | 'reset' | 'idle' | 'stalled' | 'ended' | 'shutdown' | 'limit' | 'kicked'

/** `too-long`: a whole line was over the limit; it was thrown away and the next one can be read. */
export type Line = Buffer | 'too-long' | undefined

/** Pull reader: synchronous while octets are there, so that pipelined commands cost no promise each. */
export interface Reader {
  /** Next line without its CRLF (a bare LF ends a line too); `undefined`: not there yet, await `more()`. */
  line(limit: number): Line
  /** Exactly `count` octets, or `undefined`: not there yet. */
  octets(count: number): Buffer | undefined
  /** The beginning of the last line that was too long, latin1. */
  readonly skipped: string
  /** Up to `max` octets that are there, at least one, or `undefined`. */
  some(max: number): Buffer | undefined
  /** Waits for more. False: the client will send no more. Never rejects. */
  more(): Promise<boolean>
  /** `line`, waited for; `undefined`: the client will send no more. Never rejects. */
  nextLine(limit: number): Promise<Line>
  /** `octets`, waited for and collected piece by piece; `undefined`: the client will send no more. Never rejects. */
  nextOctets(count: number): Promise<Buffer | undefined>
  /** Throws away `count` octets as they come. False: the client will send no more. Never rejects. */
  skip(count: number): Promise<boolean>
  /** octets that came, in all */
  readonly received: number
  /** octets that wait in memory; the socket is paused while they are over the high-water mark */
  readonly buffered: number
}

/** Writes gather until `flush()` (or the end of the turn of the event loop) and leave as one system call. */
export interface Writer {
  /** text is sent as latin1 octets; encode UTF-8 yourself */
  write(chunk: Buffer | string): void
  flush(): void
  /** octets that were written, in all */
  readonly written: number
  /** the client does not read: await `drained()` before making more */
  readonly full: boolean
  /** False: the connection is over. Never rejects. */
  drained(): Promise<boolean>
}
