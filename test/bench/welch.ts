/** Whether classes of times can be told apart. */
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

/** Prints Welch's t for each pair. @param times microseconds by class @returns the worst |t| */
export function reportTimes(what: string, times: ReadonlyMap<string, readonly number[]>): number {
  // The slowest twentieth is the machine's, not ours; one limit for all classes.
  const all = [...times.values()].flat().sort((a, b) => a - b)
  const limit = all[Math.floor(all.length * 0.95)] ?? Number.POSITIVE_INFINITY
  const moments = [...times].map(
    ([name, values]) => [name, momentsOf(values.filter((value) => value <= limit))] as const,
  )
  let worst = 0
  for (const [name, own] of moments) {
    const row = moments.filter(([other]) => other !== name).map(([, other]) => welch(own, other))
    worst = Math.max(worst, ...row.map(Math.abs))
    const cells = row.map((t) => t.toFixed(1).padStart(6)).join(' ')
    console.log(`${what.padEnd(24)} ${name.padEnd(15)} ${own.mean.toFixed(0).padStart(7)} us  t: ${cells}`)
  }
  console.log(
    `${what.padEnd(24)} worst |t| = ${worst.toFixed(2)} ${worst < 4.5 ? '(no difference found)' : '(DIFFERENT)'}\n`,
  )
  return worst
}
