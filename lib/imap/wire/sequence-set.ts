/** seq-range of RFC 9051 9; `*` is the highest number in use. */
export type SeqRange = readonly [number | '*', number | '*']
/** sequence-set of RFC 9051 9: ranges in any order, or `$`, the result of the last SEARCH RETURN (SAVE) (RFC 5182). */
export type SequenceSet = readonly SeqRange[] | '$'
/** Low and high number, both included. */
export type Range = readonly [number, number]

/** Ranges with numbers, low before high (RFC 9051: 4:2 is 2:4, and `*` may stand anywhere). */
export function ranges(set: readonly SeqRange[], highest: number): Range[] {
  const number = (value: number | '*'): number => (value === '*' ? highest : value)
  return set.map(([a, b]) => [Math.min(number(a), number(b)), Math.max(number(a), number(b))] as const)
}

/** Numbers of 1..exists that the set names, ascending; undefined when it names a number beyond. */
export function sequenceNumbers(set: readonly SeqRange[], exists: number): number[] | undefined {
  const numbers: number[] = []
  for (const [low, high] of merged(ranges(set, exists))) {
    if (low < 1 || high > exists) return undefined
    for (let number = low; number <= high; number++) numbers.push(number)
  }
  return numbers
}

/** Whether one of ascending ranges, none touching another, has the number. */
export function inRanges(list: readonly Range[], number: number): boolean {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.[1] ?? 0) < number) low = middle + 1
    else high = middle
  }
  return number >= (list[low]?.[0] ?? Number.POSITIVE_INFINITY)
}

/** Compact form of ascending numbers, `1:3,5`. */
export function compact(numbers: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < numbers.length; ) {
    const first = numbers[i] ?? 0
    let last = first
    while (numbers[i + 1] === last + 1) {
      last++
      i++
    }
    parts.push(first === last ? `${first}` : `${first}:${last}`)
    i++
  }
  return parts.join(',')
}

/** Ascending, none touching another. */
export function merged(list: readonly Range[]): Range[] {
  const joined: Range[] = []
  for (const [low, high] of [...list].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last && low <= last[1] + 1) joined[joined.length - 1] = [last[0], Math.max(last[1], high)]
    else joined.push([low, high])
  }
  return joined
}

/** Compact form of ascending ranges, `1:3,5`. */
export const rangesText = (list: readonly Range[]): string =>
  list.map(([low, high]) => (low === high ? `${low}` : `${low}:${high}`)).join(',')
