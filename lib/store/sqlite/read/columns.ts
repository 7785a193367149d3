import type { FlagSet } from '../../../terms/flags'
import type { IndexRow } from '../../change'
import { flagsFrom } from '../../row-types'
import type { Snapshot } from '../../store'
import { type ListedRow, mailboxFrom } from './mailboxes'

/** Rows as arrays of JSON, one for each column. */
export type Page = Readonly<Record<'uids' | 'sizes' | 'mod_seqs' | 'internal_dates' | 'flags', string>>

const wider = <T extends Uint32Array | Float64Array>(to: T, from: T): T => {
  to.set(from)
  return to
}

/** The columns of a snapshot while they are read. */
export class Columns {
  length = 0
  uids: Uint32Array
  sizes: Uint32Array
  modSeqs: Float64Array
  internalDates: Float64Array
  flags: Uint32Array
  readonly flagSets: FlagSet[] = []
  readonly numbers = new Map<FlagSet, number>()

  constructor(room: number) {
    this.uids = new Uint32Array(room)
    this.sizes = new Uint32Array(room)
    this.modSeqs = new Float64Array(room)
    this.internalDates = new Float64Array(room)
    this.flags = new Uint32Array(room)
  }

  get last(): number {
    return this.length === 0 ? 0 : (this.uids[this.length - 1] ?? 0)
  }

  numberOf(set: FlagSet): number {
    const known = this.numbers.get(set)
    if (known !== undefined) return known
    const number = this.flagSets.push(set) - 1
    this.numbers.set(set, number)
    return number
  }

  reserve(count: number): void {
    if (this.length + count <= this.uids.length) return
    const room = Math.ceil((this.length + count) * 1.25)
    this.uids = wider(new Uint32Array(room), this.uids)
    this.sizes = wider(new Uint32Array(room), this.sizes)
    this.modSeqs = wider(new Float64Array(room), this.modSeqs)
    this.internalDates = wider(new Float64Array(room), this.internalDates)
    this.flags = wider(new Uint32Array(room), this.flags)
  }

  /** @returns how many rows it had */
  add(page: Page): number {
    const uids: number[] = JSON.parse(page.uids)
    const flags: string[] = JSON.parse(page.flags)
    this.reserve(uids.length)
    this.uids.set(uids, this.length)
    this.sizes.set(JSON.parse(page.sizes), this.length)
    this.modSeqs.set(JSON.parse(page.mod_seqs), this.length)
    this.internalDates.set(JSON.parse(page.internal_dates), this.length)
    let before: string | undefined
    let number = 0
    for (const text of flags) {
      if (text !== before) number = this.numberOf(flagsFrom(text))
      before = text
      this.flags[this.length++] = number
    }
    return uids.length
  }

  /** -1: it is not there */
  positionOf(uid: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.uids[middle] ?? 0) < uid) low = middle + 1
      else high = middle
    }
    return low < this.length && this.uids[low] === uid ? low : -1
  }

  /** @param row of a UID that is there, or higher than all */
  put({ uid, size, modSeq, internalDate, flags }: IndexRow): void {
    let at = this.positionOf(uid)
    if (at < 0) {
      this.reserve(1)
      at = this.length++
    }
    this.uids[at] = uid
    this.sizes[at] = size
    this.modSeqs[at] = modSeq
    this.internalDates[at] = internalDate
    this.flags[at] = this.numberOf(flags)
  }

  remove(gone: ReadonlySet<number>): void {
    const holes = Uint32Array.from([...gone].map((uid) => this.positionOf(uid)).filter((at) => at >= 0)).sort()
    for (const [nth, hole] of holes.entries()) {
      const end = holes[nth + 1] ?? this.length
      for (const column of [this.uids, this.sizes, this.modSeqs, this.internalDates, this.flags]) {
        column.copyWithin(hole - nth, hole + 1, end)
      }
    }
    this.length -= holes.length
  }

  snapshot(mailbox: ListedRow): Snapshot {
    const { length } = this
    return {
      mailbox: mailboxFrom(mailbox),
      uids: this.uids.subarray(0, length),
      sizes: this.sizes.subarray(0, length),
      modSeqs: this.modSeqs.subarray(0, length),
      internalDates: this.internalDates.subarray(0, length),
      flags: this.flags.subarray(0, length),
      flagSets: this.flagSets,
    }
  }
}
