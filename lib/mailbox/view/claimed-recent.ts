/** Both included. */
export interface UidRange {
  readonly from: number
  readonly to: number
}

/** A session keeps this many separate ranges; the oldest then stop being \Recent. */
export const MOST_RANGES = 256

/** What a process has claimed and told nobody yet, and how far it has told. */
export class ClaimedRecent {
  #ranges: UidRange[] = []
  /** highest UID that was told to a session as its own */
  told = 0
  /** below it nothing can be claimed any more, by anybody */
  claimedTo = 0

  claimed(range: UidRange): void {
    if (range.from > range.to) return
    this.#ranges.push(range)
    if (this.#ranges.length > MOST_RANGES) this.#ranges.shift()
  }
  /** Takes out what lies in these bounds. */
  take({ from, to }: UidRange): UidRange[] {
    const taken: UidRange[] = []
    const remaining: UidRange[] = []
    for (const range of this.#ranges) {
      const [low, high] = [Math.max(range.from, from), Math.min(range.to, to)]
      if (low > high) {
        remaining.push(range)
        continue
      }
      taken.push({ from: low, to: high })
      if (range.from < low) remaining.push({ from: range.from, to: low - 1 })
      if (range.to > high) remaining.push({ from: high + 1, to: range.to })
    }
    this.#ranges = remaining
    this.told = Math.max(this.told, taken.at(-1)?.to ?? 0)
    return taken
  }
}
