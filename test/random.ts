/** The seed of this run's random tests, which tell it when they fail; MAILBOX_SEED repeats that of another run. */
export const SEED = Number(process.env.MAILBOX_SEED ?? Date.now() % 2 ** 31)

/** mulberry32: small and repeatable. @returns a number from 0 to below 1 */
export function fractionsFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** @returns a whole number below the given one */
export function randomFrom(seed: number): (below: number) => number {
  const next = fractionsFrom(seed)
  return (below) => Math.floor(next() * below)
}
