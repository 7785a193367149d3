import type { IndexRow } from '../../store/change'
import type { Snapshot } from '../../store/store'
import type { FlagSet } from '../../terms/flags'
import { type ModSeq, modSeq, type Uid, uid } from '../../terms/numbers'

/**
 * The index of one mailbox as it is committed now, in order of UID: 28 octets a message, one copy for all sessions of the
 * process. Positions are from 0. It only ever holds the present; what a session has not been told yet is in the journal.
 */
export interface Columns {
  readonly length: number
  /** raised when rows come or go, so that positions may be remembered as long as it stays the same */
  readonly version: number
  /** the highest UID, 0 when empty */
  readonly lastUid: number
  uidAt(at: number): Uid
  flagsAt(at: number): FlagSet
  /**
   * Positions from the first up to, not with, the second whose flags pass.
   * @param test asked once for all that have the same flags, with the position of the first of them
   */
  matching(test: (flags: FlagSet, at: number) => boolean, from: number, to: number): number[]
  /** Keywords that messages have, or had since the columns were made, in lower case. */
  keywords(): ReadonlySet<string>
  modSeqAt(at: number): ModSeq
  sizeAt(at: number): number
  internalDateAt(at: number): number
  rowAt(at: number): IndexRow
  /** first position whose UID is not below */
  lowerBound(uid: number): number
  /** -1: not there */
  positionOf(uid: number): number
  /** Copies of what never changes in a row, for a frozen view. */
  freeze(): { readonly uids: Uint32Array; readonly sizes: Uint32Array }
  /** What is there already gets its flags set instead. @returns how many rows came */
  append(rows: readonly IndexRow[]): number
  /** False: not there. */
  setFlags(row: Pick<IndexRow, 'uid' | 'flags' | 'modSeq'>): boolean
  /** @returns the rows that were there, ascending */
  remove(uids: readonly number[]): IndexRow[]
}

const SPARE = 64
const LEAST_FULL = 500

/** @param snapshot is changed in place from then on */
export function createColumns(snapshot: Snapshot): Columns {
  let { uids, sizes, modSeqs, internalDates, flags } = snapshot
  let length = uids.length
  let version = 0
  let table = [...snapshot.flagSets]
  const numbers = new Map(table.map((set, number) => [set.wire, number]))
  /** sets in the table at which those that no message has are dropped */
  let full = LEAST_FULL + 2 * table.length
  const keywordsSeen = new Set<string>()
  /** sets of the table that were looked at for keywords */
  let looked = 0

  function keywords(): ReadonlySet<string> {
    for (; looked < table.length; looked++) {
      for (const keyword of table[looked]?.keywords ?? []) keywordsSeen.add(keyword.toLowerCase())
    }
    return keywordsSeen
  }

  /** A client may give its messages one set after another. */
  function dropUnused(): void {
    keywords()
    const before = table
    table = []
    numbers.clear()
    const renumbered = new Map<number, number>()
    for (let position = 0; position < length; position++) {
      const old = flags[position] ?? 0
      const set = before[old]
      if (set === undefined) continue
      let number = renumbered.get(old)
      if (number === undefined) {
        number = table.push(set) - 1
        renumbered.set(old, number)
        numbers.set(set.wire, number)
      }
      flags[position] = number
    }
    looked = table.length
    full = LEAST_FULL + 2 * table.length
  }

  function numberOf(set: FlagSet): number {
    const before = numbers.get(set.wire)
    if (before !== undefined) return before
    if (table.length >= full) dropUnused()
    table.push(set)
    numbers.set(set.wire, table.length - 1)
    return table.length - 1
  }

  function reserve(count: number): void {
    if (length + count <= uids.length) return
    const capacity = Math.ceil((length + count) * 1.25) + SPARE
    function wider<T extends Uint32Array | Float64Array>(to: T, from: T): T {
      to.set(from.subarray(0, length))
      return to
    }
    uids = wider(new Uint32Array(capacity), uids)
    sizes = wider(new Uint32Array(capacity), sizes)
    flags = wider(new Uint32Array(capacity), flags)
    modSeqs = wider(new Float64Array(capacity), modSeqs)
    internalDates = wider(new Float64Array(capacity), internalDates)
  }

  function at<T extends Uint32Array | Float64Array>(column: T, position: number): number {
    const value = position < length ? column[position] : undefined
    if (value === undefined) throw new RangeError(`no message at position ${position} of ${length}`)
    return value
  }

  const lastUid = () => (length === 0 ? 0 : (uids[length - 1] ?? 0))

  function lowerBound(least: number): number {
    if (least > lastUid()) return length
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((uids[middle] ?? 0) < least) low = middle + 1
      else high = middle
    }
    return low
  }
  function positionOf(number: number): number {
    const position = lowerBound(number)
    return position < length && uids[position] === number ? position : -1
  }

  function setOf(number: number): FlagSet {
    const set = table[number]
    if (set === undefined) throw new RangeError('a flag set is missing from the table')
    return set
  }
  const flagsAt = (position: number): FlagSet => setOf(at(flags, position))
  const rowAt = (position: number): IndexRow => ({
    uid: uid(at(uids, position)),
    flags: flagsAt(position),
    modSeq: modSeq(at(modSeqs, position)),
    size: at(sizes, position),
    internalDate: at(internalDates, position),
  })

  function matching(test: (flags: FlagSet, at: number) => boolean, from: number, to: number): number[] {
    const answers: (boolean | undefined)[] = new Array(table.length)
    const positions: number[] = []
    for (let position = from; position < Math.min(to, length); position++) {
      const number = flags[position] ?? 0
      let answer = answers[number]
      if (answer === undefined) {
        answer = test(setOf(number), position)
        answers[number] = answer
      }
      if (answer) positions.push(position)
    }
    return positions
  }

  function setFlags(row: Pick<IndexRow, 'uid' | 'flags' | 'modSeq'>): boolean {
    const position = positionOf(row.uid)
    if (position < 0) return false
    flags[position] = numberOf(row.flags)
    modSeqs[position] = row.modSeq
    return true
  }

  function append(rows: readonly IndexRow[]): number {
    reserve(rows.length)
    let came = 0
    for (const row of rows) {
      if (row.uid <= lastUid()) {
        setFlags(row)
        continue
      }
      uids[length] = row.uid
      sizes[length] = row.size
      modSeqs[length] = row.modSeq
      internalDates[length] = row.internalDate
      flags[length] = numberOf(row.flags)
      length++
      came++
    }
    if (came > 0) version++
    return came
  }

  /** Moves the rows between two removed ones down by as many as were removed below them. */
  function closeGaps(holes: readonly number[]): void {
    for (let nth = 0; nth < holes.length; nth++) {
      const hole = holes[nth] ?? length
      const end = holes[nth + 1] ?? length
      for (const column of [uids, sizes, modSeqs, internalDates, flags]) column.copyWithin(hole - nth, hole + 1, end)
    }
    length -= holes.length
    version++
  }
  function remove(gone: readonly number[]): IndexRow[] {
    const holes = [...new Set(gone.map(positionOf))].filter((position) => position >= 0).sort((a, b) => a - b)
    const rows = holes.map(rowAt)
    if (holes.length > 0) closeGaps(holes)
    return rows
  }

  return {
    get length() {
      return length
    },
    get version() {
      return version
    },
    get lastUid() {
      return lastUid()
    },
    uidAt: (position) => uid(at(uids, position)),
    flagsAt,
    matching,
    keywords,
    modSeqAt: (position) => modSeq(at(modSeqs, position)),
    sizeAt: (position) => at(sizes, position),
    internalDateAt: (position) => at(internalDates, position),
    rowAt,
    lowerBound,
    positionOf,
    freeze: () => ({ uids: uids.slice(0, length), sizes: sizes.slice(0, length) }),
    append,
    setFlags,
    remove,
  }
}
