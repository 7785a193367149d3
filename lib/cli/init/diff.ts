/** Length of the longest common subsequence of the rests, for each pair of positions. */
function lengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => Array<number>(after.length + 1).fill(0))
  for (let one = before.length - 1; one >= 0; one--)
    for (let two = after.length - 1; two >= 0; two--) {
      const row = table[one] ?? []
      const below = table[one + 1] ?? []
      row[two] = before[one] === after[two] ? (below[two + 1] ?? 0) + 1 : Math.max(below[two] ?? 0, row[two + 1] ?? 0)
    }
  return table
}

/** Lines that go (`-`) and come (`+`), in their order. */
export function diffLines(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const table = lengths(old, fresh)
  const out: string[] = []
  let [one, two] = [0, 0]
  while (one < old.length || two < fresh.length) {
    if (one < old.length && old[one] === fresh[two]) {
      one++
      two++
    } else if (
      two >= fresh.length ||
      (one < old.length && (table[one + 1]?.[two] ?? 0) >= (table[one]?.[two + 1] ?? 0))
    )
      out.push(`-${old[one++]}`)
    else out.push(`+${fresh[two++]}`)
  }
  return out
}
