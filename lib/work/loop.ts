import { monitorEventLoopDelay } from 'node:perf_hooks'
import { mainThreadClock } from './cpu-time'

/** Who holds the event loop, and how long: what every client of the process waits. */
export interface LoopReport {
  /** the longest delay of the last look, in milliseconds */
  delayed(milliseconds: number): void
  /** @param what the command that ran, SEVERAL, or why it was none */
  held(what: string, milliseconds: number): void
}

/** milliseconds between two looks */
const EVERY = 20
/** milliseconds from which on it is told who held the loop */
const LONG = 50

/** Commands that run now, and those that ended since the last look. Their names are from our tables: nothing a client wrote. */
const running = new Map<object, string>()
const ended = new Set<string>()
const begun = new Set<string>()
let watched = false

const nothing = (): void => undefined

/**
 * Notes that a command runs, from its dispatch to its end.
 * @param name protocol and command: `IMAP SEARCH`
 * @returns its end
 */
export function runs(name: string): () => void {
  if (!watched) return nothing
  const key = {}
  running.set(key, name)
  begun.add(name)
  return () => {
    running.delete(key)
    ended.add(name)
  }
}

export const SEVERAL = 'several'
/** no command: timers, deliveries, connections that come */
const OTHER = 'other'
/** the process did not compute: it was stopped, had no processor, or waited for a disk */
const PAUSED = 'paused'

/** What began or ended meanwhile did something; of the others each may wait for its client. */
function suspect(): string {
  const names = new Set([...begun, ...ended])
  if (names.size === 0) for (const name of running.values()) names.add(name)
  const [first = OTHER] = names
  return names.size > 1 ? SEVERAL : first
}

/** @returns stop. One watch a process. */
export function watchLoop(report: LoopReport): () => void {
  const delays = monitorEventLoopDelay({ resolution: EVERY })
  const cpu = mainThreadClock()
  let before = performance.now()
  let cpuBefore = cpu()
  let ticks = 0
  watched = true
  delays.enable()
  const timer = setInterval(() => {
    const now = performance.now()
    const cpuNow = cpu()
    const late = now - before - EVERY
    if (late >= LONG) {
      const computed = cpuNow === undefined || cpuBefore === undefined || cpuNow - cpuBefore >= LONG
      report.held(computed ? suspect() : PAUSED, late)
    }
    if (++ticks % (1000 / EVERY) === 0) {
      // The monitor counts what lies between two of its timers.
      report.delayed(Math.max(0, delays.max / 1e6 - EVERY))
      delays.reset()
    }
    begun.clear()
    ended.clear()
    before = now
    cpuBefore = cpuNow
  }, EVERY).unref()
  return () => {
    watched = false
    clearInterval(timer)
    delays.disable()
  }
}
