import { textOf, Unavailable } from '../../../terms/errors'
import type { Committed } from './flusher'
import type { LogFile } from './log'

/**
 * Brings to the disk what the event loop has committed, by descriptors of its own, so that the kernel tells it every error. It is
 * trusted only after the writer thread has brought something to the disk: the thread knows whether of what is in the log already
 * something may be missing there, and mends that (see `Flusher`).
 */
export interface OwnFlush {
  readonly isTrusted: boolean
  /** @returns what to call when a write that the thread is given now is on the disk */
  trustAfter(): () => void
  /** Nothing is trusted until the thread has brought something to the disk again. */
  distrust(): void
  committed(those: readonly Committed[]): void
  /** When nothing waits any more. */
  close(): Promise<void>
}

/** @param doubt a flush failed: the thread has to mend the log */
export function createOwnFlush(file: string, log: LogFile, doubt: () => void): OwnFlush {
  let waiting: Committed[] = []
  let flushing = 0
  let isTrusted = false
  /** how often trust was lost */
  let lost = 0
  let closed: (() => void) | undefined

  function distrust(): void {
    isTrusted = false
    lost += 1
  }

  function refuse(those: readonly Committed[], error: Error): void {
    const refusal = new Unavailable(`${file}: not known to be on the disk: ${textOf(error)}`)
    for (const committed of those) committed.refused(refusal)
  }

  function done(those: readonly Committed[], error?: Error): void {
    flushing -= 1
    if (error) {
      distrust()
      refuse([...those, ...waiting], error)
      waiting = []
      doubt()
    } else for (const committed of those) committed.onDisk()
    flush()
    if (flushing === 0) closed?.()
  }

  function flush(): void {
    if (waiting.length === 0 || log.free === 0) return
    const those = waiting
    waiting = []
    flushing += 1
    log.flush((error) => done(those, error))
  }

  return {
    get isTrusted() {
      return isTrusted
    },
    trustAfter() {
      const before = lost
      return () => {
        if (lost === before) isTrusted = true
      }
    },
    distrust,
    committed(those) {
      for (const committed of those) waiting.push(committed)
      flush()
    },
    async close() {
      if (flushing > 0) {
        await new Promise<void>((resolve) => {
          closed = resolve
        })
      }
      log.close()
    },
  }
}

/** Of what need not come to the disk. */
export const NO_OWN_FLUSH: OwnFlush = {
  isTrusted: true,
  trustAfter: () => () => undefined,
  distrust: () => undefined,
  committed(those) {
    for (const committed of those) committed.onDisk()
  },
  close: async () => undefined,
}
