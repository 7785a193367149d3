import { Contradiction, isUnavailable, traceOf } from './errors'
import type { Log } from './ports'

/** Milliseconds between two lines about the same: a store that is away, or damaged, fails every command that meets it. */
const QUIET = 60_000

interface Told {
  readonly at: number
  /** not told since */
  more: number
}

/** Contradictions that are remembered: when there are more, they are told again. */
const MOST = 100

/** of each log, by the kind of error, or what contradicts what */
const told = new WeakMap<Log, Map<string, Told>>()

/**
 * Logs what a command, a request or a delivery threw: a bug with its stack, each time; what cannot be used now, and what contradicts
 * itself, in one line, now and then.
 * @param where protocol, session and command
 * @param now milliseconds of a clock that runs evenly
 */
export function logThrown(log: Log, where: string, error: unknown, now = performance.now()): void {
  if (error instanceof Contradiction)
    return sometimes(log, error.message, now, (more) => log.error(`${where}: ${error.message}${more}`))
  if (!isUnavailable(error)) return log.error(`${where}: ${traceOf(error)}`)
  sometimes(log, error.name, now, (more) => log.warn(`${where}: not available: ${error.message}${more}`))
}

function sometimes(log: Log, kind: string, now: number, tell: (more: string) => void): void {
  const kinds = told.get(log) ?? new Map<string, Told>()
  told.set(log, kinds)
  const last = kinds.get(kind)
  if (last && now - last.at < QUIET) {
    last.more++
    return
  }
  if (kinds.size >= MOST) kinds.clear()
  tell(last && last.more > 0 ? ` (and ${last.more} times since the last line)` : '')
  kinds.set(kind, { at: now, more: 0 })
}
