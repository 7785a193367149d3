import type { Fault, Result } from '../../terms/fault'
import type { Uid } from '../../terms/numbers'
import type { Progress } from '../mailbox'

/** One transaction after another, as far as they succeed: while one runs nobody else can write. */
export async function inBatches<T>(
  uids: readonly Uid[],
  atOnce: number,
  run: (batch: readonly Uid[], rest: readonly Uid[]) => Promise<Result<T>>,
  progress?: Progress,
): Promise<{ readonly values: readonly T[]; readonly fault: Fault | undefined }> {
  const values: T[] = []
  let start = 0
  do {
    const result = await run(uids.slice(start, start + atOnce), uids.slice(start + atOnce))
    if (!result.ok) return { values, fault: result.fault }
    values.push(result.value)
    start += atOnce
    if (start < uids.length) progress?.(start)
  } while (start < uids.length)
  return { values, fault: undefined }
}
