/** sequence-set of RFC 9051 9: ranges in any order; `*` is the highest number in use. */
export type SequenceSet = readonly (readonly [number | '*', number | '*'])[]

/** Ranges with numbers, low before high (RFC 9051: 4:2 is 2:4, and `*` may stand anywhere). */
export function ranges(set: SequenceSet, highest: number): (readonly [number, number])[] {
  const number = (value: number | '*'): number => (value === '*' ? highest : value)
  return set.map(([a, b]) => [Math.min(number(a), number(b)), Math.max(number(a), number(b))] as const)
}

/** Numbers of 1..exists that the set names, ascending; undefined when it names a number beyond. */
export function sequenceNumbers(set: SequenceSet, exists: number): number[] | undefined {
  const found = new Set<number>()
  for (const [low, high] of ranges(set, exists)) {
    if (low < 1 || high > exists) return undefined
    for (let number = low; number <= high; number++) found.add(number)
  }
  return [...found].sort((a, b) => a - b)
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
