import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'

/** How the server ended a connection, as the client's kernel and its TLS tell it. */
export type End = 'open' | 'closed' | 'reset'

export interface Identification {
  readonly key: Buffer
  readonly cert: Buffer
}

/** The encrypted octets on their way, so that the lengths of the server's TLS records can be read. */
class Tap extends Duplex {
  #seen = Buffer.alloc(0)
  readonly records: number[] = []
  constructor(private readonly socket: Socket) {
    super()
    socket.on('data', (octets) => {
      this.#note(octets)
      if (!this.push(octets)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }
  /** RFC 8446 5.1: type, version, length, then so many octets. */
  #note(octets: Buffer): void {
    this.#seen = Buffer.concat([this.#seen, octets])
    while (this.#seen.length >= 5) {
      const length = this.#seen.readUInt16BE(3)
      if (this.#seen.length < 5 + length) return
      this.records.push(length)
      this.#seen = this.#seen.subarray(5 + length)
    }
  }
  override _read(): void {
    this.socket.resume()
  }
  override _write(octets: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.socket.write(octets, done)
  }
  override _final(done: () => void): void {
    this.socket.end(done)
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }
}

/** A client's connection whose answers, TLS records, times and end are recorded. */
export class Recorded {
  #socket: Socket
  #secure: TLSSocket | undefined
  #unlisten: () => void = () => undefined
  #tap: Tap | undefined
  #text = ''
  #wake: () => void = () => undefined
  #end: End = 'open'
  #recordsBefore = 0
  #asked = 0n

  constructor(port: number, localAddress: string) {
    this.#socket = connect({ port, host: '127.0.0.1', localAddress })
    this.#socket.setNoDelay(true)
    this.#listen(this.#socket)
  }

  #listen(stream: Socket | TLSSocket): void {
    const came = (octets: Buffer): void => {
      this.#text += octets.toString('latin1')
      this.#wake()
    }
    const failed = (): void => {
      if (this.#end === 'open') this.#end = 'reset'
      this.#wake()
    }
    const closed = (): void => {
      if (this.#end === 'open') this.#end = 'closed'
      this.#wake()
    }
    stream.on('data', came).on('error', failed).on('end', closed).on('close', closed)
    this.#unlisten = () => stream.off('data', came).off('error', failed).off('end', closed).off('close', closed)
  }

  async startTls(identification: Partial<Identification> = {}): Promise<void> {
    this.#unlisten()
    const tap = new Tap(this.#socket)
    const secure = connectTls({ socket: tap, rejectUnauthorized: false, ...identification })
    this.#tap = tap
    this.#secure = secure
    this.#listen(secure)
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve)
      secure.once('error', reject)
    })
  }

  /** What came up to the end of what `wanted` finds, or up to the end of the connection. */
  async until(wanted: RegExp): Promise<string> {
    for (;;) {
      const found = wanted.exec(this.#text)
      if (found || this.#end !== 'open') {
        const text = found ? this.#text.slice(0, found.index + found[0].length) : this.#text
        this.#text = this.#text.slice(text.length)
        return text
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Sends a line; time and records are counted from here. */
  async ask(line: string, wanted: RegExp): Promise<string> {
    this.#recordsBefore = this.#tap?.records.length ?? 0
    this.#asked = process.hrtime.bigint()
    if (this.#end === 'open') (this.#secure ?? this.#socket).write(`${line}\r\n`)
    return this.until(wanted)
  }
  /** microseconds since the last question */
  get took(): number {
    return Number(process.hrtime.bigint() - this.#asked) / 1000
  }
  /** lengths of the TLS records since the last question */
  get records(): readonly number[] {
    return this.#tap?.records.slice(this.#recordsBefore) ?? []
  }
  get end(): End {
    return this.#end
  }
  get binding(): Buffer {
    // RFC 9266 4.2
    const made = this.#secure?.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    return made ?? Buffer.alloc(0)
  }
  close(): void {
    this.#secure?.destroy()
    this.#socket.destroy()
  }
}
