import { connect, type Socket } from 'node:net'

/** Longer than any last line of an answer: the one of LOGIN lists what the server can do. */
const TAIL = 4096
/** milliseconds */
const PATIENCE = 120_000

/** One connection of a client that waits for each answer. Octets are counted, not kept, unless they are asked for. */
export class Wire {
  readonly #socket: Socket
  #tail = ''
  #octets = 0
  #kept: Buffer[] | undefined
  #wake: () => void = () => undefined
  #tags = 0

  private constructor(port: number, localAddress: string | undefined) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, ...(localAddress && { localAddress }) })
    this.#socket.on('data', (chunk: Buffer) => {
      this.#octets += chunk.length
      this.#kept?.push(chunk)
      this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - TAIL))).slice(-TAIL)
      this.#wake()
    })
    this.#socket.on('error', () => this.#wake())
    this.#socket.on('close', () => this.#wake())
    this.#socket.on('timeout', () => this.#socket.destroy(new Error('no answer')))
  }
  /** @param address of the client, in 127.0.0.0/8 (Linux); costs milliseconds where thousands of ports wait after their end */
  static async open(port: number, greeting: RegExp, address?: string): Promise<Wire> {
    const wire = new Wire(port, address)
    await wire.#until(greeting)
    return wire
  }

  async #until(end: RegExp): Promise<string> {
    this.#socket.setTimeout(PATIENCE)
    for (;;) {
      const found = end.exec(this.#tail)
      if (found) {
        this.#socket.setTimeout(0)
        return found[0]
      }
      if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error(`the connection ended: ${this.#tail}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
  /** @param end what the end of the answer looks like. @returns octets of the answer */
  async ask(text: string | Buffer, end: RegExp): Promise<number> {
    this.#tail = ''
    this.#octets = 0
    this.#socket.write(text)
    await this.#until(end)
    return this.#octets
  }
  /** An IMAP command that must be answered OK. */
  async imap(command: string): Promise<number> {
    const tag = `t${++this.#tags}`
    const octets = await this.ask(`${tag} ${command}\r\n`, new RegExp(`(?:^|\\r\\n)${tag} [^\\r\\n]*\\r\\n$`))
    if (!new RegExp(`(?:^|\\n)${tag} OK`).test(this.#tail)) throw new Error(`${command}: ${this.#tail}`)
    return octets
  }
  /** The same, with the answer. */
  async imapText(command: string): Promise<string> {
    this.#kept = []
    await this.imap(command)
    const text = Buffer.concat(this.#kept).toString('latin1')
    this.#kept = undefined
    return text
  }
  async append(mailbox: string, message: Buffer): Promise<void> {
    await this.ask(`a APPEND ${mailbox} {${message.length}}\r\n`, /^\+[^\r\n]*\r\n$/m)
    await this.ask(Buffer.concat([message, Buffer.from('\r\n')]), /^a OK[^\r\n]*\r\n$/m)
  }
  close(): void {
    this.#socket.destroy()
  }
}

export async function imapLogin(port: number, user: string, address?: string): Promise<Wire> {
  const wire = await Wire.open(port, /^\* OK[^\r\n]*\r\n$/m, address)
  await wire.imap(`LOGIN ${user} pass`)
  return wire
}
export async function pop3Login(port: number, user: string): Promise<Wire> {
  const wire = await Wire.open(port, /^\+OK[^\r\n]*\r\n$/)
  await wire.ask(`USER ${user}\r\n`, /^\+OK[^\r\n]*\r\n$/)
  await wire.ask('PASS pass\r\n', /^\+OK[^\r\n]*\r\n$/)
  return wire
}

export async function lmtpOpen(port: number): Promise<Wire> {
  const wire = await Wire.open(port, /^220[^\r\n]*\r\n$/)
  await wire.ask('LHLO client.example\r\n', /^250 [^\r\n]*\r\n$/m)
  return wire
}

/** @param message with the end of line, without the dot */
export async function lmtpDeliver(wire: Wire, to: string, message: Buffer): Promise<void> {
  await wire.ask('MAIL FROM:<sender@example.org>\r\n', /^250[^\r\n]*\r\n$/)
  await wire.ask(`RCPT TO:<${to}>\r\n`, /^250[^\r\n]*\r\n$/)
  await wire.ask('DATA\r\n', /^354[^\r\n]*\r\n$/)
  await wire.ask(Buffer.concat([message, Buffer.from('.\r\n')]), /^250[^\r\n]*\r\n$/)
}
