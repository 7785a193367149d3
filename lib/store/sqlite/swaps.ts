import { StoreUnavailable } from '../store'

/** Times that another process may be faster before the client hears a temporary error. */
const ATTEMPTS = 100

/**
 * Runs what reads, decides here, and writes only where nobody was faster (`changed`: somebody was). Those of one account follow
 * each other, so that none of this process is faster than another.
 */
export type Swaps = <T>(account: number, attempt: () => Promise<T | 'changed'>) => Promise<T>

async function untilDone<T>(attempt: () => Promise<T | 'changed'>): Promise<T> {
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const done = await attempt()
    if (done !== 'changed') return done
  }
  throw new StoreUnavailable('other processes change the account all the time')
}

const nothing = (): undefined => undefined

export function createSwaps(): Swaps {
  /** by account, the last of those that wait */
  const last = new Map<number, Promise<unknown>>()
  return async (account, attempt) => {
    const done = (last.get(account) ?? Promise.resolve()).then(() => untilDone(attempt))
    const ended = done.then(nothing, nothing)
    last.set(account, ended)
    try {
      return await done
    } finally {
      if (last.get(account) === ended) last.delete(account)
    }
  }
}
