import { MOST_RANGES, type UidRange } from './claimed-recent'
import type { MailboxState } from './state'
import type { Window } from './window'

/**
 * What is \Recent in one session (RFC 3501 2.3.2): of what this process has claimed in the store, what was told to this session before
 * any other. EXAMINE looks and takes nothing.
 */
export interface Recent {
  has(uid: number): boolean
  readonly count: number
  /** New messages above `before`, up to `last`, are about to be told to this session. */
  arrived(before: number, last: number): void
}

class SessionRecent implements Recent {
  readonly #ranges: UidRange[] = []

  constructor(
    readonly state: MailboxState,
    readonly window: Window,
    readonly how: 'claim' | 'peek',
  ) {}

  arrived(before: number, last: number): void {
    const { recent } = this.state
    const arrived =
      this.how === 'claim'
        ? recent.take({ from: before + 1, to: last })
        : [{ from: Math.max(before, recent.told) + 1, to: last }]
    for (const range of arrived) if (range.from <= range.to) this.#add(range)
  }
  #add(range: UidRange): void {
    const ranges = this.#ranges
    const latest = ranges.at(-1)
    if (latest !== undefined && latest.to + 1 === range.from)
      ranges[ranges.length - 1] = { from: latest.from, to: range.to }
    else ranges.push(range)
    if (ranges.length > MOST_RANGES) ranges.shift()
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

/** @param from the first UID that may be \Recent here */
export function createRecent(state: MailboxState, window: Window, from: number, how: 'claim' | 'peek'): Recent {
  const recent = new SessionRecent(state, window, how)
  recent.arrived(how === 'claim' ? 0 : from - 1, window.lastUid)
  return recent
}
