/** Steps of one message's scripts, all together: 25 to 50 ms on the loop when every one is of the dearest kind. */
const STEPS = 750_000
/** Characters that the engine's own functions pass over in the time of a step. */
const NATIVE = 16

/** What a message's scripts may cost: each comparison, decoding and expansion counts here. */
export interface Budget {
  /** Throws when it is used up: the message is then kept (RFC 5228 2.10.6). */
  spend(steps: number): void
  /** The same for characters or octets that are walked by the engine's own functions. */
  pass(characters: number): void
}

export function createBudget(steps = STEPS): Budget {
  let left = steps
  const spend = (count: number): void => {
    left -= count
    if (left < 0) throw new Error('the script compares too much')
  }
  return { spend, pass: (characters) => spend(1 + Math.ceil(characters / NATIVE)) }
}
