import { sortInTurns } from '../work/sort'

/** SORT (RFC 5256 3, the display keys of RFC 5957, and RELEVANCY of RFC 6203 6) over plain rows. */

export interface SortKeys {
  /** Date: header in milliseconds since 1970; undefined: the internal date counts (RFC 5256 2.2) */
  readonly sentAt: number | undefined
  readonly baseSubject: string
  readonly sortFrom: string
  readonly sortTo: string
  readonly sortCc: string
  readonly displayFrom: string
  readonly displayTo: string
}

export interface SortRow {
  readonly internalDate: number
  readonly size: number
  /** 1 to 100 (RFC 6203 4); there where the order asks for it */
  readonly relevance?: number
  readonly keys: SortKeys
}

export const SORT_KEYS = [
  'arrival',
  'cc',
  'date',
  'from',
  'size',
  'subject',
  'to',
  'displayfrom',
  'displayto',
  'relevancy',
] as const
export type SortKey = (typeof SORT_KEYS)[number]

export interface SortCriterion {
  readonly by: SortKey
  readonly reverse: boolean
}

export const sentDate = (row: Pick<SortRow, 'internalDate'> & { readonly keys: Pick<SortKeys, 'sentAt'> }): number =>
  row.keys.sentAt ?? row.internalDate

const SURROGATE = 0xd800
const BEYOND_SURROGATES = 0xe000
/** Units of UTF-16 as the octets of UTF-8 sort: surrogates stand for what is beyond U+FFFF, and come last. */
const rank = (unit: number): number =>
  unit < SURROGATE ? unit : unit >= BEYOND_SURROGATES ? unit - 0x800 : unit + (0x10000 - BEYOND_SURROGATES)

/** RFC 5051 2: octets of UTF-8, which sort as code points do. An empty text stands before all others. */
function byText(a: string, b: string): number {
  if (a === b) return 0
  const end = Math.min(a.length, b.length)
  for (let at = 0; at < end; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function compareBy(key: SortKey, a: SortRow, b: SortRow): number {
  switch (key) {
    case 'arrival':
      return a.internalDate - b.internalDate
    case 'date':
      return sentDate(a) - sentDate(b)
    case 'relevancy':
      // RFC 6203 6: the highest score first
      return (b.relevance ?? 0) - (a.relevance ?? 0)
    case 'size':
      return a.size - b.size
    case 'cc':
      return byText(a.keys.sortCc, b.keys.sortCc)
    case 'from':
      return byText(a.keys.sortFrom, b.keys.sortFrom)
    case 'to':
      return byText(a.keys.sortTo, b.keys.sortTo)
    case 'subject':
      return byText(a.keys.baseSubject, b.keys.baseSubject)
    case 'displayfrom':
      return byText(a.keys.displayFrom, b.keys.displayFrom)
    case 'displayto':
      return byText(a.keys.displayTo, b.keys.displayTo)
  }
}

/**
 * @param rows in order of sequence number, which decides between equals (REVERSE does not turn that around)
 * @returns a new array
 */
export function sortRows<Row extends SortRow>(
  rows: readonly Row[],
  criteria: readonly SortCriterion[],
): Promise<Row[]> {
  return sortInTurns(rows, (a, b) => {
    for (const { by, reverse } of criteria) {
      const order = compareBy(by, a, b)
      if (order !== 0) return reverse ? -order : order
    }
    return 0
  })
}
