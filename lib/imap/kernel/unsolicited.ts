import type { Look } from '../../mailbox/mailbox'

/** When something that nobody asked for may be said: behind (or in) a command, while IDLE waits, or between two commands. */
export interface Moment {
  readonly when: 'command' | 'idle' | 'between'
  /** RFC 9051 7.5.1: EXPUNGE is held while sequence numbers are in use */
  readonly expunges: 'say' | 'hold'
  /** the command speaks of UIDs */
  readonly withUid: boolean
  readonly look: Look
}

/** What may have something to say that nobody asked for: the selected mailbox, and what an extension adds (NOTIFY). */
export interface Source {
  /** whether it speaks when no command runs at all; IDLE is one (RFC 9051 7.5.1, RFC 5465 3.1) */
  readonly between: boolean
  /**
   * Says what there is to say, whole responses.
   * @returns response codes for the tagged response of the command
   */
  tell(moment: Moment): Promise<readonly string[]>
}

const IDLE: Moment = { when: 'idle', expunges: 'say', withUid: false, look: 'always' }
const BETWEEN: Moment = { when: 'between', expunges: 'say', withUid: false, look: 'always' }

/** What a session's queue needs of the session. */
export interface UnsolicitedPorts {
  /** Waits while the client does not read. False: it is gone. */
  ready(): boolean | Promise<boolean>
  flush(): void
  failed(error: unknown): void
}

/**
 * The one way out for what nobody asked for (RFC 9051 7). Nothing of it is written but at two moments: behind a command, when
 * dispatch drains it, and while the session waits for a line. A class: thousands of sessions have one and are idle.
 */
export class Unsolicited {
  readonly #ports: UnsolicitedPorts
  #sources: readonly Source[] = []
  #waiting: Moment | undefined
  /** what is being said; another word goes behind it */
  #saying: Promise<void> | undefined
  /** something came up after the words that are being said were chosen */
  #again = false
  /** in the command that runs */
  #drained = false

  constructor(ports: UnsolicitedPorts) {
    this.#ports = ports
  }

  /** @returns how to take it out again */
  add(source: Source): () => void {
    this.#sources = [...this.#sources, source]
    return () => {
      this.#sources = this.#sources.filter((other) => other !== source)
    }
  }

  /** There may be something to say. Cheap, and may be called at any time: it is said at the next moment that allows it. */
  wake(): void {
    const moment = this.#waiting
    if (!moment) return
    if (this.#saying !== undefined) {
      this.#again = true
      return
    }
    this.#saying = this.#sayWhileWaiting(moment).finally(() => {
      this.#saying = undefined
    })
  }

  /**
   * In a command or behind it.
   * @returns response codes for its tagged response
   */
  async drain(expunges: 'say' | 'hold', withUid: boolean): Promise<readonly string[]> {
    const look = this.#drained ? 'never' : 'unwritten'
    this.#drained = true
    const codes: string[] = []
    for (const source of this.#sources) {
      codes.push(...(await source.tell({ when: 'command', expunges, withUid, look })))
    }
    return codes
  }

  /** While the session waits for a line. What is being said when it comes is said to its end first. */
  during<T>(when: 'idle' | 'between', wait: () => Promise<T>): Promise<T> {
    const moment = when === 'idle' ? IDLE : BETWEEN
    this.#drained = false
    // Sources come and go in commands only.
    return this.#speaks(moment) ? this.#during(moment, wait) : wait()
  }

  async #during<T>(moment: Moment, wait: () => Promise<T>): Promise<T> {
    this.#waiting = moment
    try {
      this.wake()
      return await wait()
    } finally {
      this.#waiting = undefined
      await this.#saying
    }
  }

  #speaks(moment: Moment): boolean {
    return this.#sources.some((source) => speaks(source, moment))
  }

  async #sayWhileWaiting(moment: Moment): Promise<void> {
    do {
      this.#again = false
      try {
        if (!(await this.#ports.ready())) return
        for (const source of this.#sources) if (speaks(source, moment)) await source.tell(moment)
      } catch (error) {
        this.#ports.failed(error)
      }
      this.#ports.flush()
    } while (this.#again && this.#waiting)
  }
}

const speaks = ({ between }: Source, { when }: Moment): boolean => between || when !== 'between'
