import { setImmediate } from 'node:timers'

/** Milliseconds of work at a stretch: what others wait, at most, for whoever works in turns. */
const SLICE = 10

/** Those that gave the loop back, in the order in which they did. */
const waiting: (() => void)[] = []

/**
 * One goes on in each turn of the event loop, so that between two slices sockets are looked at, however many work in turns: all
 * immediates of a turn run before the next look.
 */
function next(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(next)
}

function goOn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(next)
  })
}

/** `await turn()` between two steps of a long work: nothing while there is time left, or others go first. */
export type Turn = () => Promise<void> | undefined

/** For one long work, from its beginning. */
export function createTurn(slice = SLICE): Turn {
  let end = performance.now() + slice
  return () => {
    if (performance.now() < end) return undefined
    return goOn().then(() => {
      end = performance.now() + slice
    })
  }
}

/** Gives the loop back now: the step before was long in itself. */
export const giveWay = goOn
