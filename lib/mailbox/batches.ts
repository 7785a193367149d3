import type { Fault, Result } from '../terms/fault'
import type { Uid } from '../terms/numbers'

/** Is told how many messages a long verb has done. */
export type Progress = (done: number) => void

/**
 * Messages of one transaction: while it runs nobody else can write, and with LMDB nobody else has a turn. A COPY is undone when
 * it fails halfway, so its transactions are large: most copies are one.
 */
export const AT_ONCE = { store: 5000, copy: 5000, move: 2000, expunge: 1000 } as const

export interface BatchesDone<T> {
  readonly done: readonly T[]
  /** why the rest was not done */
  readonly fault: Fault | undefined
}

/** Runs a verb for so many messages at a time, to the first fault. It runs once when there are none. */
export async function inBatches<T>(
  uids: readonly Uid[],
  size: number,
  run: (some: readonly Uid[], rest: readonly Uid[]) => Promise<Result<T>>,
  progress?: Progress,
): Promise<BatchesDone<T>> {
  const done: T[] = []
  for (let start = 0; start === 0 || start < uids.length; start += size) {
    if (start > 0) progress?.(start)
    const result = await run(uids.slice(start, start + size), uids.slice(start + size))
    if (!result.ok) return { done, fault: result.fault }
    done.push(result.value)
  }
  return { done, fault: undefined }
}
