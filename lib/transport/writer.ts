import type { Writer } from './connection'

/** Octets that may wait for a client before a session should stop making more. */
const HIGH_WATER = 128 * 1024

/** Shorter octets go the way of text. */
const SMALL = 2048

/** Text that is put together at once: V8 takes twenty times as long for each octet of a text that is ten times longer. */
const TEXT = 16 * 1024

export interface Outlet {
  /** Sends now; calls back when the octets left this process. */
  send(chunks: readonly Buffer[], done: () => void): void
}

export interface Output extends Writer {
  /** octets written and not yet taken by the client's side */
  readonly pending: number
  close(): void
}

/** A class, not an object of functions: thousands of connections are idle. */
class GatheringWriter implements Output {
  #chunks: Buffer[] = []
  /** latin1, behind the chunks */
  #text = ''
  #gathered = 0
  #sent = 0
  written = 0
  #closed = false
  #scheduled: NodeJS.Immediate | undefined
  #waiting: ((open: boolean) => void)[] = []

  constructor(
    readonly outlet: () => Outlet,
    readonly onProgress: () => void,
  ) {}

  #settle(): void {
    if ((!this.#closed && this.full) || this.#waiting.length === 0) return
    const calls = this.#waiting
    this.#waiting = []
    for (const call of calls) call(!this.#closed)
  }

  write(chunk: Buffer | string): void {
    if (this.#closed) return
    // A row of FETCH is many small pieces: as text they are put together for nearly nothing.
    if (typeof chunk === 'string') this.#text += chunk
    else if (chunk.length <= SMALL) this.#text += chunk.toString('latin1')
    else {
      this.#takeText()
      this.#chunks.push(chunk)
    }
    if (this.#text.length >= TEXT) this.#takeText()
    this.#gathered += chunk.length
    this.written += chunk.length
    if (this.#gathered >= HIGH_WATER) this.flush()
    else this.#scheduled ??= setImmediate(() => this.flush())
  }
  #takeText(): void {
    if (this.#text === '') return
    this.#chunks.push(Buffer.from(this.#text, 'latin1'))
    this.#text = ''
  }
  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#takeText()
    const chunks = this.#chunks
    const length = this.#gathered
    if (this.#closed || chunks.length === 0) return
    this.#chunks = []
    this.#gathered = 0
    this.#sent += length
    this.outlet().send(chunks, () => {
      this.#sent -= length
      this.onProgress()
      this.#settle()
    })
  }
  get pending(): number {
    return this.#gathered + this.#sent
  }
  get full(): boolean {
    return this.pending >= HIGH_WATER
  }
  drained(): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false)
    this.flush()
    if (!this.full) return Promise.resolve(true)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
  close(): void {
    this.#closed = true
    this.#chunks = []
    this.#text = ''
    this.#settle()
  }
}

/** Gathers what is written in one turn of the event loop, or until `flush`, into one system call. `outlet()` may change (STARTTLS, DEFLATE). */
export const createWriter = (outlet: () => Outlet, onProgress: () => void): Output =>
  new GatheringWriter(outlet, onProgress)
