import { setImmediate } from 'node:timers'

/** Milliseconds of work in one turn of the event loop, of all who work in turns together. */
const SLICE = 10

/** Those that gave the loop back, in the order in which they did. */
const waiting: (() => void)[] = []
/** a slice has begun in this turn of the loop */
let begun = false
let end = 0

function begin(): void {
  end = performance.now() + SLICE
  if (begun) return
  begun = true
  setImmediate(() => {
    begun = false
  })
}

/** One goes on in each turn of the loop, so that sockets are looked at between two slices, however many work in turns. */
function next(): void {
  begin()
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(next)
}

/** Lets everybody else go first, now: the step before was long in itself. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(next)
  })
}

/** `await turn()` between two steps of long work: nothing while there is time left in this turn of the loop. */
export function turn(): Promise<void> | undefined {
  if (begun) return performance.now() < end ? undefined : giveWay()
  begin()
  return undefined
}

/** A step for each, in turns. @param every steps between two looks at the clock */
export async function eachInTurns<T>(items: Iterable<T>, step: (item: T) => void, every = 64): Promise<void> {
  let count = 0
  for (const item of items) {
    step(item)
    if (++count % every === 0) await turn()
  }
}
