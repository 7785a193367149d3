/** Small ones are nothing to wait for. */
const SMALL = 64 * 1024
/** Octets of large literals that the sessions of one account may have in memory: one of the largest, or several smaller ones. */
const MOST = 64 * 1024 * 1024

/** What one command of a session holds. */
export interface Share {
  /** Waits until there is room for this literal, unread. False: the client is gone. */
  take(account: string, octets: number, gone: AbortSignal): Promise<boolean>
  release(): void
}

/** An account may have many sessions, each of which sends a message: those that are too many wait, and nobody else does. */
export function createLiterals(most = MOST): () => Share {
  const used = new Map<string, number>()
  const waiting = new Map<string, Set<() => void>>()

  const fits = (account: string, octets: number): boolean => {
    const now = used.get(account) ?? 0
    return now === 0 || now + octets <= most
  }
  function free(account: string, octets: number): void {
    const left = (used.get(account) ?? 0) - octets
    if (left > 0) used.set(account, left)
    else used.delete(account)
    for (const wake of waiting.get(account) ?? []) wake()
  }
  function change(account: string, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wakes = waiting.get(account) ?? new Set()
      const wake = (): void => {
        wakes.delete(wake)
        if (wakes.size === 0) waiting.delete(account)
        gone.removeEventListener('abort', wake)
        resolve()
      }
      wakes.add(wake)
      waiting.set(account, wakes)
      gone.addEventListener('abort', wake)
    })
  }

  return () => {
    let share: { readonly account: string; octets: number } | undefined
    return {
      async take(account, octets, gone) {
        if (octets <= SMALL) return true
        // Who has begun a command goes on: two that wait for each other would wait for ever.
        while (share === undefined && !fits(account, octets)) {
          if (gone.aborted) return false
          await change(account, gone)
        }
        share = { account, octets: (share?.octets ?? 0) + octets }
        used.set(account, (used.get(account) ?? 0) + octets)
        return !gone.aborted
      },
      release() {
        if (share) free(share.account, share.octets)
        share = undefined
      },
    }
  }
}
