import { list } from '../../wire/response'
import { compact } from '../../wire/sequence-set'

/** What becomes of a list of results, as a client is told it: pairs of a context position and a set (RFC 5267 4.3.3 and 4.3.4). */
export interface Step {
  /** 0: anywhere, the list is in the order of the mailbox */
  readonly position: number
  readonly uids: readonly number[]
}

/** `ADDTO (0 1:4)`, `REMOVEFROM (2 7,5 9 8)` */
export const stepsText = (
  name: 'ADDTO' | 'REMOVEFROM',
  steps: readonly Step[],
  numberOf: (uid: number) => number,
): string => `${name} ${list(steps.flatMap(({ position, uids }) => [position, compact(uids.map(numberOf))]))}`

/** Of some UIDs those that are among the results: where these are in order, however many there are, it takes no time. */
export function amongResults(results: readonly number[], uids: readonly number[], sorted: boolean): Set<number> {
  if (!sorted) return new Set(uids.filter((uid) => hasAscending(results, uid)))
  const wanted = new Set(uids)
  return new Set(results.filter((uid) => wanted.has(uid)))
}
function hasAscending(results: readonly number[], uid: number): boolean {
  let low = 0
  let high = results.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((results[middle] ?? 0) < uid) low = middle + 1
    else high = middle
  }
  return results[low] === uid
}

/** Neighbours in a list make one step. @param at their places in it, ascending, from 0 */
function stepsOf(results: readonly number[], at: readonly number[], moved: (before: number) => number): Step[] {
  const steps: { position: number; uids: number[] }[] = []
  let before = 0
  let last = -2
  for (const place of at) {
    if (place !== last + 1) steps.push({ position: place + 1 - moved(before), uids: [] })
    steps.at(-1)?.uids.push(results[place] ?? 0)
    last = place
    before++
  }
  return steps
}

const placesOf = (results: readonly number[], which: ReadonlySet<number>): number[] =>
  results.flatMap((uid, place) => (which.has(uid) ? [place] : []))

/** @returns the steps that take some out of the results, one behind the other */
export function removal(results: readonly number[], gone: ReadonlySet<number>, sorted: boolean): readonly Step[] {
  if (!sorted) return [{ position: 0, uids: results.filter((uid) => gone.has(uid)) }]
  // Those that were taken out before make room.
  return stepsOf(results, placesOf(results, gone), (before) => before)
}

/** @returns the steps that put some into results, which have them already */
export function addition(results: readonly number[], added: ReadonlySet<number>, sorted: boolean): readonly Step[] {
  if (!sorted) return [{ position: 0, uids: results.filter((uid) => added.has(uid)) }]
  return stepsOf(results, placesOf(results, added), () => 0)
}
