import type { Line, Reader } from './connection'

const LF = 10
const NOTHING = Buffer.alloc(0)
/** Octets that are remembered of a line that is too long. */
const BEGINNING = 256
const CR = 13
/** Octets in memory above which the socket is not read. */
export const HIGH_WATER = 256 * 1024

/** What the connection needs of a reader beside its public face. */
export interface Intake extends Reader {
  push(chunk: Buffer): void
  /** somebody waits for what the client has not sent yet */
  readonly awaited: boolean
  /** the client will send no more */
  finish(): void
  /** throws away what waits (STARTTLS) */
  clear(): void
}

/**
 * Octets lie in one growing buffer with a read position: taking a line or a literal copies only that. Calls `onRoom` when
 * enough was taken that the socket may be read again, and `onWait` before somebody waits for more.
 */
export function createReader(onRoom: () => void, onWait: () => void): Intake {
  let store = NOTHING
  let start = 0
  let end = 0
  /** no line end in `start..searched` */
  let searched = 0
  let skipping = false
  let skipped = ''
  let finished = false
  let received = 0
  let wake: ((more: boolean) => void) | undefined

  function advance(to: number): void {
    const wasFull = end - start >= HIGH_WATER
    start = to
    searched = Math.max(searched, start)
    if (start === end) {
      start = 0
      end = 0
      searched = 0
      // An idle connection keeps no memory.
      store = NOTHING
    }
    if (wasFull && end - start < HIGH_WATER) onRoom()
  }

  function makeRoom(length: number): void {
    if (store.length - end >= length) return
    const waiting = end - start
    const next =
      waiting + length <= store.length
        ? store
        : Buffer.allocUnsafe(Math.max(waiting + length, Math.min(store.length * 2, waiting + length + HIGH_WATER)))
    store.copy(next, 0, start, end)
    searched -= start
    start = 0
    end = waiting
    store = next
  }

  function signal(more: boolean): void {
    const call = wake
    wake = undefined
    call?.(more)
  }

  const take = (to: number): Buffer => Buffer.from(store.subarray(start, to))

  function tooLong(to: number): 'too-long' {
    if (!skipping) skipped = store.toString('latin1', start, Math.min(to, start + BEGINNING))
    advance(to)
    return 'too-long'
  }

  function line(limit: number): Line {
    const at = store.subarray(0, end).indexOf(LF, searched)
    if (at < 0) {
      searched = end
      if (end - start > limit) {
        // The rest of this line is thrown away as it comes, so that memory stays bounded.
        tooLong(end)
        skipping = true
      }
      return undefined
    }
    const stop = at > start && store[at - 1] === CR ? at - 1 : at
    if (skipping || stop - start > limit) {
      tooLong(at + 1)
      skipping = false
      return 'too-long'
    }
    const taken = take(stop)
    searched = at + 1
    advance(at + 1)
    return taken
  }

  function octets(count: number): Buffer | undefined {
    if (end - start < count) return undefined
    const taken = take(start + count)
    advance(start + count)
    return taken
  }

  const some = (max: number): Buffer | undefined => (end === start ? undefined : octets(Math.min(max, end - start)))

  function more(): Promise<boolean> {
    onWait()
    if (finished) return Promise.resolve(false)
    return new Promise((resolve) => {
      signal(true)
      wake = resolve
    })
  }

  return {
    line,
    get skipped() {
      return skipped
    },
    get awaited() {
      return wake !== undefined
    },
    octets,
    some,
    more,
    nextLine: async (limit) => {
      for (;;) {
        const there = line(limit)
        if (there !== undefined) return there
        if (!(await more())) return line(limit)
      }
    },
    nextOctets: async (count) => {
      const there = octets(count)
      if (there) return there
      // A big literal is collected piece by piece, so that the reader's own buffer stays small.
      const whole = Buffer.allocUnsafe(count)
      for (let have = 0; have < count; ) {
        const piece = some(count - have)
        if (piece) have += piece.copy(whole, have)
        else if (!(await more())) return undefined
      }
      return whole
    },
    skip: async (count) => {
      for (let left = count; left > 0; ) {
        const piece = some(left)
        if (piece) left -= piece.length
        else if (!(await more())) return false
      }
      return true
    },
    get received() {
      return received
    },
    get buffered() {
      return end - start
    },
    push: (chunk) => {
      makeRoom(chunk.length)
      chunk.copy(store, end)
      end += chunk.length
      received += chunk.length
      signal(true)
    },
    finish: () => {
      finished = true
      signal(false)
    },
    clear: () => {
      skipping = false
      advance(end)
    },
  }
}
