/** What every room needs from outside, as arguments. */

export interface Clock {
  /** milliseconds since 1970 */
  now(): number
}

/** Never given a secret. `error` is for what an operator must look at. */
export interface Log {
  debug(text: string): void
  info(text: string): void
  warn(text: string): void
  error(text: string): void
}

export interface Random {
  bytes(count: number): Buffer
}

export { type Metrics, noMetrics } from './metrics'

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
export const systemClock: Clock = { now: () => Date.now() }
