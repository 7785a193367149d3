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

/** Counters by reason; names and label values are fixed words, never user input. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
export const noMetrics: Metrics = { count() {}, observe() {}, gauge() {} }
export const systemClock: Clock = { now: () => Date.now() }
