import { type Bucket, inForce } from './bucket'

/** 0: one failure, 1: several, 2: a bar, 3: a success, which no attacker can make. */
export type Weight = 0 | 1 | 2 | 3
export const WEIGHTS = [0, 1, 2, 3] as const

export function weight(bucket: Bucket, now: number): Weight {
  if (bucket.good.length > 0) return 3
  if (bucket.bar && inForce(bucket.bar, now)) return 2
  return bucket.failures.length > 1 ? 1 : 0
}

/** Shares of a full log. Each weight has one, so that no flood of one kind pushes the others out, newcomers least of all. */
export const SHARES = [0.3, 0.2, 0.2, 0.3] as const

/** @returns the weight that a full log takes its longest untouched bucket from; undefined: it is not full */
export function mostOver(count: (weight: Weight) => number, limit: number): Weight | undefined {
  const over = WEIGHTS.map((level) => ({ level, by: count(level) - SHARES[level] * limit }))
  if (over.reduce((sum, { by }) => sum + by, 0) <= 0) return undefined
  return over.reduce((most, next) => (next.by > most.by ? next : most)).level
}
