import { Unavailable } from '../terms/errors'

/** Too much waits already, or this waited too long: a temporary error. */
export class Overloaded extends Unavailable {
  override readonly name = 'Overloaded'
}

/** `first` goes before all of `second`. */
export type Lane = 'first' | 'second'

interface Waiter {
  readonly start: () => void
  readonly refuse: () => void
}

/** At most `width` at once; who waits longer than `patience` milliseconds, or finds the queue full, is refused. */
export function createLimiter(width: number, patience: number, maxWaiting = 1000) {
  let running = 0
  const lanes: Record<Lane, Set<Waiter>> = { first: new Set(), second: new Set() }

  function next(): void {
    const lane = lanes.first.size > 0 ? lanes.first : lanes.second
    for (const waiter of lane) {
      lane.delete(waiter)
      // The place goes over without being free in between: nobody can slip past the queue.
      return waiter.start()
    }
    running -= 1
  }

  function turn(lane: Lane): Promise<void> {
    if (running < width) {
      running += 1
      return Promise.resolve()
    }
    if (lanes[lane].size >= maxWaiting) return Promise.reject(new Overloaded('too many wait'))
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start: () => {
          clearTimeout(timer)
          resolve()
        },
        refuse: () => {
          lanes[lane].delete(waiter)
          reject(new Overloaded('too many at once'))
        },
      }
      const timer = setTimeout(waiter.refuse, patience)
      lanes[lane].add(waiter)
    })
  }

  return async <T>(work: () => Promise<T>, lane: Lane = 'second'): Promise<T> => {
    await turn(lane)
    try {
      return await work()
    } finally {
      next()
    }
  }
}
export type Limiter = ReturnType<typeof createLimiter>
