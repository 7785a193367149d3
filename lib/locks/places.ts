/** How many may wait for a lock at once in this process: each waiter is a client that is kept. */
export interface WaitingLimits {
  readonly account: number
  readonly address: number
  readonly all: number
}

/** Places to wait. `take` gives what gives the place back, or `undefined`: who comes now is refused at once. */
export function createPlaces(limits: WaitingLimits) {
  const accounts = new Map<string, number>()
  const addresses = new Map<string, number>()
  let all = 0

  function move(counts: Map<string, number>, key: string, by: 1 | -1): void {
    const count = (counts.get(key) ?? 0) + by
    if (count > 0) counts.set(key, count)
    else counts.delete(key)
  }
  function moveAll(account: string, address: string, by: 1 | -1): void {
    move(accounts, account, by)
    move(addresses, address, by)
    all += by
  }
  return {
    take(account: string, address: string): (() => void) | undefined {
      const full =
        all >= limits.all ||
        (accounts.get(account) ?? 0) >= limits.account ||
        (addresses.get(address) ?? 0) >= limits.address
      if (full) return undefined
      moveAll(account, address, 1)
      return () => moveAll(account, address, -1)
    },
  }
}
