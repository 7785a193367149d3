import { connect, type Socket } from 'node:net'

/** Octets of the end of an answer that are looked at: a bomb's answer may be large. */
const TAIL = 4096
const LIMIT = 120_000

/** A client that throws bombs: it counts what it hears and keeps the beginning and the end only. */
export class Thrower {
  readonly socket: Socket
  received = 0
  /** the end of the last answer, with what came before the line that was waited for */
  seen = ''
  #tail = ''
  #over = false
  #wake: (() => void) | undefined
  #tag = 0

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('data', (data) => {
      this.received += data.length
      this.#tail = (this.#tail + data.toString('latin1')).slice(-TAIL)
      this.#wake?.()
    })
    for (const event of ['end', 'close', 'error'] as const) {
      this.socket.on(event, () => {
        this.#over = true
        this.#wake?.()
      })
    }
  }
  send(octets: string | Buffer): void {
    this.socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets)
  }
  /** Waits until the end of what came has a line that begins so. @returns that line and what follows it */
  async until(beginning: string): Promise<string> {
    const give = new Error(`waited in vain for ${beginning}`)
    const end = Date.now() + LIMIT
    for (;;) {
      const text = `\n${this.#tail}`
      const at = text.indexOf(`\n${beginning}`)
      if (at >= 0 && text.endsWith('\n')) {
        this.seen = this.#tail
        this.#tail = ''
        return text.slice(at + 1)
      }
      if (this.#over || Date.now() > end) {
        give.message += `, got ${JSON.stringify(text.slice(-300))}`
        throw give
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  /** @returns the tagged answer of one IMAP command, without its tag */
  async imap(command: string): Promise<string> {
    const tag = `t${++this.#tag}`
    this.send(`${tag} ${command}\r\n`)
    return (await this.until(`${tag} `)).slice(tag.length + 1).trimEnd()
  }
  /** One message into a mailbox. */
  append(mailbox: string, message: Buffer): Promise<string> {
    const head = Buffer.from(`APPEND ${mailbox} {${message.length}+}\r\n`)
    return this.imap(Buffer.concat([head, message]).toString('latin1'))
  }
  close(): void {
    this.socket.destroy()
  }
}
