/**
 * Attempts at one account from one network that are under way. A right password that is remembered is found at once, while wrong ones
 * wait for their hash: of many guesses it would be judged first, wherever it stands among them.
 */
export function createInOrder() {
  const underWay = new Map<string, Set<Promise<void>>>()

  return {
    /** @returns `before`: resolves when those that began earlier are over; `over`: this one is */
    begin(account: string): { before(): Promise<unknown>; over(): void } {
      const running = underWay.get(account) ?? new Set()
      const earlier = [...running]
      let over = (): void => undefined
      const own = new Promise<void>((resolve) => {
        over = resolve
      })
      running.add(own)
      underWay.set(account, running)
      return {
        before: () => Promise.all(earlier),
        over: () => {
          over()
          running.delete(own)
          if (running.size === 0) underWay.delete(account)
        },
      }
    },
  }
}
