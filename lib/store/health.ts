import { isUnavailable, textOf } from '../terms/errors'
import { StoreUnavailable } from './store'

/** Milliseconds for which a write that failed counts while nobody writes. */
const REMEMBERED = 60_000

/** Whether the last write worked: what is on a full disk can still be read. */
export function createHealth() {
  let failure: { readonly at: number; readonly why: string } | undefined
  return {
    async watch<T>(write: () => Promise<T>): Promise<T> {
      try {
        const value = await write()
        failure = undefined
        return value
      } catch (error) {
        if (isUnavailable(error)) failure = { at: performance.now(), why: textOf(error) }
        throw error
      }
    },
    /** Throws StoreUnavailable. */
    check(): void {
      if (failure && performance.now() - failure.at < REMEMBERED) throw new StoreUnavailable(failure.why)
    },
  }
}
export type Health = ReturnType<typeof createHealth>
