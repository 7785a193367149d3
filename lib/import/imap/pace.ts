/** How fast another server is read, over all connections together. */
export interface Pace {
  /** what one command asks for at most, so that the limit holds within a long answer too */
  readonly octets: number
  readonly messages: number
  /** Resolves when the next command may be sent. */
  spent(octets: number, messages: number): Promise<void>
}

/** Octets and messages of one command where nothing limits them. */
const MOST_OCTETS = 4 * 1024 * 1024
const MOST_MESSAGES = 50
/** Smaller pieces would cost more in commands than they spare. */
const LEAST_OCTETS = 16 * 1024

/** @param limits a second, 0: none. A command asks for a second's share at most. */
export function createPace(
  limits: { readonly octets: number; readonly messages: number },
  now: () => number = Date.now,
  wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
): Pace {
  let free = 0
  return {
    octets: limits.octets > 0 ? Math.min(MOST_OCTETS, Math.max(LEAST_OCTETS, limits.octets)) : MOST_OCTETS,
    messages: limits.messages > 0 ? Math.min(MOST_MESSAGES, Math.max(1, Math.floor(limits.messages))) : MOST_MESSAGES,
    async spent(octets, messages) {
      const seconds = Math.max(
        limits.octets > 0 ? octets / limits.octets : 0,
        limits.messages > 0 ? messages / limits.messages : 0,
      )
      free = Math.max(free, now()) + seconds * 1000
      const due = free - now()
      if (due > 0) await wait(due)
    },
  }
}
