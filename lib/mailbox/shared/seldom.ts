import type { Clock } from '../../terms/ports'

/** Whether something is to be told again: once in so many milliseconds. Of more things than `most` the oldest are forgotten. */
export function createSeldom({ clock, every, most }: { clock: Clock; every: number; most: number }) {
  const last = new Map<string, number>()
  return (what: string): boolean => {
    const now = clock.now()
    const before = last.get(what)
    if (before !== undefined && now - before < every && now >= before) return false
    // In order of time.
    last.delete(what)
    last.set(what, now)
    const [oldest] = last.keys()
    if (last.size > most && oldest !== undefined) last.delete(oldest)
    return true
  }
}
