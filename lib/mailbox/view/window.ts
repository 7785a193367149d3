import type { IndexRow } from '../../store/change'
import { type SeqNum, seqNum, type Uid } from '../../terms/numbers'
import type { Columns } from './columns'

/**
 * The numbering of one session: the columns up to the last UID its client was told of, with the rows put back in between
 * that are expunged but not yet announced. A window without such rows is the columns themselves.
 */
export interface Window {
  readonly exists: number
  readonly lastUid: number
  /** expunged, not yet announced; ascending */
  readonly held: readonly IndexRow[]
  uidAt(seq: number): Uid
  seqOf(uid: number): SeqNum | undefined
  /** a row of the columns by its position, or one that is expunged */
  at<T>(seq: number, ofColumns: (position: number) => T, ofHeld: (row: IndexRow) => T): T
  /** messages with a UID below, which must not be above `lastUid + 1` */
  countBelow(uid: number): number
  hold(rows: readonly IndexRow[]): void
  /** Lets go of the held rows. @returns them with their sequence numbers, highest first: so each is true when it is sent */
  release(): { readonly seq: SeqNum; readonly uid: Uid }[]
  /** Takes in everything that the columns have. @returns the number of new messages */
  extend(): number
}

const NONE: readonly IndexRow[] = []

/** first index whose value is not below */
function lowerBound(length: number, valueAt: (index: number) => number, wanted: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (valueAt(middle) < wanted) low = middle + 1
    else high = middle
  }
  return low
}

export function createWindow(columns: Columns): Window {
  let lastUid = columns.lastUid
  let held = NONE
  /** where each held row stands in the window, from 0 */
  let places: readonly number[] = []
  /** rows of the columns that are in the window */
  let known = columns.length
  let version = columns.version

  function place(): void {
    version = columns.version
    known = columns.lowerBound(lastUid + 1)
    places = held.map((row, index) => columns.lowerBound(row.uid) + index)
  }
  function fresh(): void {
    if (version !== columns.version) place()
  }

  function at<T>(seq: number, ofColumns: (position: number) => T, ofHeld: (row: IndexRow) => T): T {
    fresh()
    const index = seq - 1
    if (!Number.isInteger(index) || index < 0 || index >= known + held.length) {
      throw new RangeError(`no message ${seq} of ${known + held.length}`)
    }
    if (held.length === 0) return ofColumns(index)
    const nth = lowerBound(places.length, (at) => places[at] ?? 0, index)
    const row = places[nth] === index ? held[nth] : undefined
    return row === undefined ? ofColumns(index - nth) : ofHeld(row)
  }

  const heldBelow = (uid: number): number =>
    held.length === 0 ? 0 : lowerBound(held.length, (index) => held[index]?.uid ?? 0, uid)

  function countBelow(uid: number): number {
    fresh()
    return columns.lowerBound(uid) + heldBelow(uid)
  }

  return {
    get exists() {
      fresh()
      return known + held.length
    },
    get lastUid() {
      return lastUid
    },
    get held() {
      return held
    },
    at,
    countBelow,
    uidAt: (seq) => at<Uid>(seq, columns.uidAt, (row) => row.uid),
    seqOf(uid) {
      fresh()
      if (uid > lastUid) return undefined
      const here = columns.positionOf(uid) >= 0 || held[heldBelow(uid)]?.uid === uid
      return here ? seqNum(countBelow(uid) + 1) : undefined
    },
    hold(rows) {
      if (rows.length === 0) return
      held = [...held, ...rows].sort((a, b) => a.uid - b.uid)
      place()
    },
    release() {
      fresh()
      const gone = held.map((row, index) => ({ seq: seqNum((places[index] ?? 0) + 1), uid: row.uid })).reverse()
      held = NONE
      place()
      return gone
    },
    extend() {
      fresh()
      const came = columns.length - known
      lastUid = Math.max(lastUid, columns.lastUid)
      place()
      return came
    },
  }
}
