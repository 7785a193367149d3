import { threadId } from 'node:worker_threads'
import { defineJob } from '../../lib/work/job'

const budget = { time: 500, octetsIn: 1_000_000, octetsOut: 100_000 }

export const upper = (text: string): { text: string; thread: number } => ({
  text: text.toUpperCase(),
  thread: threadId,
})
export const spin = (milliseconds: number): number => {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  return milliseconds
}
export const backtrack = (text: string): boolean => /^(a+)+$/.test(text)
/** With calls, as real work has: V8 of Node 24 looks at no limit in a bare loop of `push(new Array().fill())`. */
export const grow = (): number => {
  const kept: number[][] = []
  for (let at = 0; ; at++) kept.push(Array.from({ length: 1000 }, () => at))
}
export const repeat = (count: number): string => 'x'.repeat(count)
export const fail = (why: string): never => {
  throw new Error(why)
}
export const octetsOf = (octets: Uint8Array): number => octets.reduce((sum, octet) => sum + octet, 0)

export const upperJob = defineJob(__filename, upper, budget)
export const spinJob = defineJob(__filename, spin, budget)
export const backtrackJob = defineJob(__filename, backtrack, budget)
export const growJob = defineJob(__filename, grow, { ...budget, time: 20_000 })
export const repeatJob = defineJob(__filename, repeat, budget)
export const failJob = defineJob(__filename, fail, budget)
export const octetsJob = defineJob(__filename, octetsOf, budget)
