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
  readonly unannounced: readonly IndexRow[]
  uidAt(seq: number): Uid
  seqOf(uid: number): SeqNum | undefined
  /** a row of the columns by its position, or one that is expunged */
  at<T>(seq: number, ofColumns: (position: number) => T, ofExpunged: (row: IndexRow) => T): T
  /** messages with a UID below, which must not be above `lastUid + 1` */
  countBelow(uid: number): number
  hold(rows: readonly IndexRow[]): void
  /** Lets go of the expunged rows. @returns them with their sequence numbers, highest first: so each is true when it is sent */
  release(): { readonly seq: SeqNum; readonly uid: Uid }[]
  /** Takes in everything that the columns have. @returns the number of new messages */
  extend(): number
}

const NONE: readonly IndexRow[] = []

/** first index whose value is not below */
function lowerBound(length: number, valueAt: (index: number) => number, least: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (valueAt(middle) < least) low = middle + 1
    else high = middle
  }
  return low
}

/** A class, not an object of functions: there is one for each session, and thousands of sessions are idle. */
class ColumnsWindow implements Window {
  readonly #columns: Columns
  #lastUid: number
  #unannounced = NONE
  /** where each expunged row stands in the window, from 0 */
  #places: readonly number[] = []
  /** rows of the columns that are in the window */
  #shared: number
  #version: number

  constructor(columns: Columns) {
    this.#columns = columns
    this.#lastUid = columns.lastUid
    this.#shared = columns.length
    this.#version = columns.version
  }

  #place(): void {
    const columns = this.#columns
    this.#version = columns.version
    this.#shared = columns.lowerBound(this.#lastUid + 1)
    this.#places = this.#unannounced.map((row, index) => columns.lowerBound(row.uid) + index)
  }
  #refresh(): void {
    if (this.#version !== this.#columns.version) this.#place()
  }
  #expungedBelow(uid: number): number {
    const expunged = this.#unannounced
    return expunged.length === 0 ? 0 : lowerBound(expunged.length, (index) => expunged[index]?.uid ?? 0, uid)
  }

  get exists(): number {
    this.#refresh()
    return this.#shared + this.#unannounced.length
  }
  get lastUid(): number {
    return this.#lastUid
  }
  get unannounced(): readonly IndexRow[] {
    return this.#unannounced
  }
  at<T>(seq: number, ofColumns: (position: number) => T, ofExpunged: (row: IndexRow) => T): T {
    this.#refresh()
    const expunged = this.#unannounced
    const index = seq - 1
    if (!Number.isInteger(index) || index < 0 || index >= this.#shared + expunged.length) {
      throw new RangeError(`no message ${seq} of ${this.#shared + expunged.length}`)
    }
    if (expunged.length === 0) return ofColumns(index)
    const places = this.#places
    const nth = lowerBound(places.length, (at) => places[at] ?? 0, index)
    const row = places[nth] === index ? expunged[nth] : undefined
    return row === undefined ? ofColumns(index - nth) : ofExpunged(row)
  }
  countBelow(uid: number): number {
    this.#refresh()
    return this.#columns.lowerBound(uid) + this.#expungedBelow(uid)
  }
  uidAt(seq: number): Uid {
    return this.at<Uid>(seq, this.#columns.uidAt, (row) => row.uid)
  }
  seqOf(uid: number): SeqNum | undefined {
    this.#refresh()
    if (uid > this.#lastUid) return undefined
    const here = this.#columns.positionOf(uid) >= 0 || this.#unannounced[this.#expungedBelow(uid)]?.uid === uid
    return here ? seqNum(this.countBelow(uid) + 1) : undefined
  }
  hold(rows: readonly IndexRow[]): void {
    if (rows.length === 0) return
    this.#unannounced = [...this.#unannounced, ...rows].sort((a, b) => a.uid - b.uid)
    this.#place()
  }
  release(): { readonly seq: SeqNum; readonly uid: Uid }[] {
    this.#refresh()
    const gone = this.#unannounced
      .map((row, index) => ({ seq: seqNum((this.#places[index] ?? 0) + 1), uid: row.uid }))
      .reverse()
    this.#unannounced = NONE
    this.#place()
    return gone
  }
  extend(): number {
    this.#refresh()
    const came = this.#columns.length - this.#shared
    this.#lastUid = Math.max(this.#lastUid, this.#columns.lastUid)
    this.#place()
    return came
  }
}

export const createWindow = (columns: Columns): Window => new ColumnsWindow(columns)
