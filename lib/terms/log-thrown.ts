import { isUnavailable, traceOf } from './errors'
import type { Log } from './ports'

/** Milliseconds between two lines about the same: a store that is away fails every command of every session. */
const QUIET = 60_000

interface Told {
  readonly at: number
  /** not told since */
  more: number
}

/** of each log, by the kind of error */
const told = new WeakMap<Log, Map<string, Told>>()

/**
 * Logs what a command, a request or a delivery threw: a bug with its stack, each time; what cannot be used now in one line,
 * now and then.
 * @param where protocol, session and command
 * @param now milliseconds of a clock that runs evenly
 */
export function logThrown(log: Log, where: string, error: unknown, now = performance.now()): void {
  if (!isUnavailable(error)) return log.error(`${where}: ${traceOf(error)}`)
  const kinds = told.get(log) ?? new Map<string, Told>()
  told.set(log, kinds)
  const last = kinds.get(error.name)
  if (last && now - last.at < QUIET) {
    last.more++
    return
  }
  const more = last && last.more > 0 ? ` (and ${last.more} times since the last line)` : ''
  log.warn(`${where}: not available: ${error.message}${more}`)
  kinds.set(error.name, { at: now, more: 0 })
}
