/** Whether classes of times can be told apart, as dudect asks it: Welch's t over samples that were taken in turns. */
interface Moments {
  readonly count: number
  readonly mean: number
  readonly variance: number
}

function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { count: values.length, mean, variance }
}

const welch = (a: Moments, b: Moments): number =>
  (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count)

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)
export const quantile = (values: readonly number[], part: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

export interface Compared {
  readonly worst: number
  readonly pair: readonly [string, string]
}

/**
 * The two classes that differ most. The slowest twentieth of all is the machine's, not ours: one limit for all classes.
 * @param times microseconds by class
 */
export function compare(times: ReadonlyMap<string, readonly number[]>): Compared {
  const limit = quantile([...times.values()].flat(), 0.95)
  const moments = [...times].map(
    ([name, values]) => [name, momentsOf(values.filter((value) => value <= limit))] as const,
  )
  let found: Compared = { worst: 0, pair: ['', ''] }
  for (const [name, own] of moments)
    for (const [other, theirs] of moments) {
      const t = Math.abs(welch(own, theirs))
      if (name !== other && t > found.worst) found = { worst: t, pair: [name, other] }
    }
  return found
}

/** Fisher and Yates: each round asks the classes in an order of its own. */
export function shuffled<T>(values: readonly T[]): T[] {
  const list = [...values]
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1))
    const [a, b] = [list[at], list[other]]
    if (a === undefined || b === undefined) continue
    list[at] = b
    list[other] = a
  }
  return list
}
