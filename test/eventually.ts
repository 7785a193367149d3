import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds after which a test says what it waited for; nothing is measured by it. */
const LIMIT = process.env.MAILBOX_LONG ? 60_000 : 20_000
const EVERY = 20

/**
 * Looks again and again until there is something: what another process, a timer or the kernel does, and no event tells.
 * @param what for the error when it does not come
 * @param look undefined and false: not yet
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  { within = LIMIT, every = EVERY } = {},
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + within
  for (;;) {
    const value = await look()
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>
    assert.ok(Date.now() < end, `in vain for ${within} ms: ${what}`)
    await pause(every)
  }
}

/** Until `value` is `expected`; the error shows both. */
export async function becomes<T>(value: () => T | Promise<T>, expected: T): Promise<void> {
  const end = Date.now() + LIMIT
  for (let is = await value(); is !== expected; is = await value()) {
    if (Date.now() > end) assert.deepEqual(is, expected)
    await pause(EVERY)
  }
}

/** Turns of the loop without a sign of life after which what runs in this process counts as waiting for somebody else. */
const STILL = 500

/**
 * Until a server of this process does nothing more by itself: for so many turns of the loop no call of `work` began or ran.
 * @returns what stops the watch, and how often `work` was called
 */
export function watchCalls<K extends string, T extends Record<K, (...args: never[]) => Promise<unknown>>>(
  owner: T,
  work: K,
  answered: (value: unknown) => void = () => undefined,
): { still(): Promise<number>; stop(): void } {
  const original = owner[work]
  let calls = 0
  let running = 0
  Reflect.set(owner, work, async (...args: never[]) => {
    calls++
    running++
    try {
      const value = await original(...args)
      answered(value)
      return value
    } finally {
      running--
    }
  })
  return {
    still: async () => {
      for (let quiet = 0, before = calls; quiet < STILL || calls === 0; quiet++) {
        await new Promise(setImmediate)
        if (calls !== before || running > 0) quiet = 0
        before = calls
      }
      return calls
    },
    stop: () => void Reflect.set(owner, work, original),
  }
}
