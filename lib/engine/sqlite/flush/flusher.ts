import { textOf, Unavailable } from '../../../terms/errors'
import type { LogFile } from './log'

/** A write that is committed and must be on the disk before it is told. */
export interface Committed {
  onDisk(): void
  refused(error: Error): void
}

/**
 * Brings what is committed to the disk: one flush of the log for all that wait; who comes meanwhile has another one, while one is free.
 *
 * The kernel tells once that it could not write, and takes the pages for clean then: the next flush says that all is well, and what
 * was written before is missing on the disk. So after an error the log is in doubt: nothing is told as durable, and nothing is
 * written back from it, until all of it was written once more and flushed. That needs SQLite's lock for writing, which comes with
 * the next transaction.
 */
export interface Flusher {
  /** Something was committed; `waiting` must be on the disk now, else it is there within `behind`. */
  committed(waiting: readonly Committed[]): void
  /** Somebody else of this process has written to the log. */
  written(): void
  /** What is not on its way to the disk yet goes there now. */
  flush(): void
  /** In a transaction: before anything else is written. Throws what the disk says. */
  begun(): void
  /** Waits for a transaction, with something in it or not. */
  readonly needsTransaction: boolean
  /** There is no transaction for it. */
  noTransaction(error: Error): void
  /** Somebody else of this process could not flush it. */
  doubt(): void
  /** From now on an error is the last word: nothing is tried again. */
  end(): void
  /** All is on the disk, or will not come there. */
  readonly isIdle: boolean
  /** Of what is in the log nothing is missing on the disk, or will be after a flush. */
  readonly isTrusted: boolean
}

export interface FlusherSettings {
  /** for errors */
  readonly file: string
  /** milliseconds within which what nobody waits for comes to the disk */
  readonly behind: number
  /** a transaction is needed */
  needTransaction(): void
  /** A flush ended, well or not. */
  ended(): void
}

export function createFlusher(log: LogFile, { file, behind, needTransaction, ended }: FlusherSettings): Flusher {
  let waiting: Committed[] = []
  let dirty = false
  let flushing = 0
  let ending = false
  let gaveUp = false
  let timer: NodeJS.Timeout | undefined
  // An old log may be of a process that got the error, which a new descriptor is not told any more.
  let doubts = log.size() > 0 ? 1 : 0
  /** the doubt that was answered by writing the log once more, and by a flush after that */
  let rewritten = 0
  let trusted = 0

  const flushLater = (): void => {
    timer ??= setTimeout(flush, behind)
  }

  function refuse(those: readonly Committed[], error: Error): void {
    const refusal = new Unavailable(`${file}: not known to be on the disk: ${textOf(error)}`)
    for (const committed of those) committed.refused(refusal)
  }

  function failure(those: readonly Committed[], error: Error): void {
    dirty = true
    gaveUp = ending
    refuse(those, error)
  }

  function done(those: readonly Committed[], about: number, error?: Error): void {
    flushing -= 1
    if (error) {
      doubts += 1
      failure(those, error)
    } else {
      trusted = Math.max(trusted, about)
      for (const committed of those) committed.onDisk()
    }
    if (waiting.length > 0) flush()
    else if (dirty && !ending) flushLater()
    ended()
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (log.free === 0 || !dirty) return
    if (rewritten !== doubts) return needTransaction()
    flushing += 1
    dirty = false
    const those = waiting
    waiting = []
    const about = doubts
    log.flush((error) => done(those, about, error))
  }

  return {
    committed(those) {
      dirty = true
      for (const committed of those) waiting.push(committed)
      if (waiting.length > 0) flush()
      else flushLater()
    },
    written() {
      dirty = true
      flush()
    },
    flush,
    begun() {
      if (rewritten === doubts) return
      log.rewrite()
      rewritten = doubts
      dirty = true
    },
    get needsTransaction() {
      return dirty && flushing === 0 && rewritten !== doubts
    },
    noTransaction(error) {
      const those = waiting
      waiting = []
      failure(those, error)
      if (!ending) flushLater()
    },
    doubt() {
      doubts += 1
      dirty = true
      flushLater()
    },
    end() {
      ending = true
      clearTimeout(timer)
      if (trusted !== doubts) dirty = true
    },
    get isIdle() {
      return flushing === 0 && waiting.length === 0 && (!dirty || gaveUp)
    },
    get isTrusted() {
      return trusted === doubts
    },
  }
}

/** Of what need not come to the disk. */
export const NO_FLUSHER: Flusher = {
  committed(waiting) {
    for (const committed of waiting) committed.onDisk()
  },
  written: () => undefined,
  flush: () => undefined,
  begun: () => undefined,
  needsTransaction: false,
  noTransaction: () => undefined,
  doubt: () => undefined,
  end: () => undefined,
  isIdle: true,
  isTrusted: true,
}
