import type { MailboxState } from './state'
import type { Window } from './window'

/**
 * What is \Recent in one session (RFC 3501 2.3.2): what it took at SELECT, and what arrived later and was told to it before
 * any other session of this process. EXAMINE looks and takes nothing.
 */
export interface Recent {
  has(uid: number): boolean
  readonly count: number
  /** New messages up to `last` are about to be told to this session. */
  arrived(before: number, last: number): void
}

/** A session keeps this many separate ranges; the oldest then stop being \Recent. */
const MOST_RANGES = 256

class SessionRecent implements Recent {
  readonly #ranges: { from: number; to: number }[] = []

  constructor(
    readonly state: MailboxState,
    readonly window: Window,
    readonly how: 'claim' | 'peek',
  ) {}

  arrived(before: number, last: number): void {
    const { state } = this
    const start = Math.max(before + 1, state.recentTaken + 1)
    if (start > last) return
    if (this.how === 'claim') state.recentTaken = last
    const latest = this.#ranges.at(-1)
    if (latest !== undefined && latest.to + 1 === start) latest.to = last
    else this.#ranges.push({ from: start, to: last })
    if (this.#ranges.length > MOST_RANGES) this.#ranges.shift()
  }
  has(uid: number): boolean {
    const ranges = this.#ranges
    return uid >= (ranges[0]?.from ?? Infinity) && ranges.some((range) => uid >= range.from && uid <= range.to)
  }
  get count(): number {
    const { window } = this
    return this.#ranges.reduce((sum, range) => sum + window.countBelow(range.to + 1) - window.countBelow(range.from), 0)
  }
}

export function createRecent(state: MailboxState, window: Window, from: number, how: 'claim' | 'peek'): Recent {
  const recent = new SessionRecent(state, window, how)
  recent.arrived(from - 1, window.lastUid)
  return recent
}
