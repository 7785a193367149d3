import { setImmediate } from 'node:timers'
import { asError, Unavailable } from '../../../terms/errors'
import { closeConnection } from '../connection/close'
import { type Connection, sqlOn } from '../connection/connection'
import { openWriter } from '../connection/open'
import { isBusy, refusal, rollBack } from '../errors'
import { createFlusher, NO_FLUSHER } from '../flush/flusher'
import { type LogFile, openLog } from '../flush/log'
import type { Ending, LaneSettings, Operations, Program } from '../program'
import { type Checkpoint, createUpkeep } from '../upkeep/upkeep'
import { type GroupWrite, runInGroup, settleCommitted } from './group'

/** One file and those who wait to write it. */
export interface Lane {
  add(write: GroupWrite): void
  /** Brings to the disk what others of this process wrote. */
  flush(): void
  /** Others of this process could not. */
  doubt(): void
  /** After all that was added; what was committed is on the disk then. */
  close(): Promise<void>
}

const LANE: LaneSettings = { group: 10, patience: 10_000, behind: 800, log: 4 * 1024 ** 2, idle: 3000, free: 2000 }

interface Group {
  readonly write: GroupWrite
  ending: Ending
}

/** Milliseconds of waiting after which it takes longer than a turn of all others. */
const LONG = 500
const nobody = new Int32Array(new SharedArrayBuffer(4))

/**
 * Waits until the next look whether another process still writes. The shortest timer of Node lasts a millisecond, in which others
 * have written ten times: so the thread is held up, by the tenth of one. Who waits for long looks more often than those who have just
 * written.
 * @returns milliseconds that are left to wait
 */
function pauseAfter(waited: number): number {
  if (waited > LONG) return 1
  const pause = waited < 5 ? 0.1 : waited < 30 ? 0.2 : 0.05
  // Never in step with others.
  Atomics.wait(nobody, 0, 0, pause * (0.5 + Math.random()))
  return 0
}

/** Connections that are never closed: closing the last one would write back from a log in doubt. */
const kept: Connection[] = []

/** Milliseconds after which what nobody waits for does not keep a file open. */
const CLOSING = 500

/**
 * Writes that wait share a transaction, each in a savepoint; what must be durable waits for one flush of the log that all share, and
 * the next transaction runs meanwhile.
 * @param checkpoint writes the log back to the file, elsewhere. Never rejects
 */
export function openLane<Ops extends Operations>(
  file: string,
  program: Program<Ops>,
  checkpoint: Checkpoint,
  given: Partial<LaneSettings> = {},
): Lane {
  const settings = { ...LANE, ...given }
  const connection = openWriter(file, program)
  const sql = sqlOn(connection)
  const operations: Operations = program.operations(sql)
  const log = openLogOf(file, connection)
  let queue: GroupWrite[] = []
  let scheduled = false
  let tries = 0
  let waitingSince = 0
  let closed: (() => void) | undefined
  const flusher = program.flushed
    ? createFlusher(log, { file, behind: settings.behind, needTransaction: schedule, ended: finish })
    : NO_FLUSHER
  const isQuiet = (): boolean => queue.length === 0 && closed === undefined
  const upkeep = createUpkeep(file, sql, settings, flusher, checkpoint, finish, isQuiet)

  function schedule(after = 0): void {
    if (scheduled) return
    scheduled = true
    const go = (): void => {
      scheduled = false
      work()
    }
    if (after > 0) setTimeout(go, after)
    else setImmediate(go)
  }

  /** @returns false: another process writes */
  function begin(): boolean {
    try {
      sql.run('BEGIN IMMEDIATE')
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw error
    }
  }

  /** @returns milliseconds until the next try; undefined: it took too long */
  function wait(): number | undefined {
    tries += 1
    if (tries === 1) waitingSince = performance.now()
    const patience = isQuiet() || queue.length > 0 ? settings.patience : CLOSING
    const waited = performance.now() - waitingSince
    return waited < patience ? pauseAfter(waited) : undefined
  }

  function work(): void {
    if (queue.length === 0 && !flusher.needsTransaction) {
      finish()
      return
    }
    const group: Group[] = []
    try {
      if (!begin()) {
        const after = wait()
        if (after !== undefined) return schedule(after)
        throw new Unavailable(`${file}: another process does not end its write`)
      }
      tries = 0
      flusher.begun()
      runGroup(group)
      sql.run('COMMIT')
    } catch (error) {
      rollBack(sql)
      failed(group, error)
      return again()
    }
    settled(group)
    again()
  }

  function runGroup(group: Group[]): void {
    const end = performance.now() + settings.group
    let next = queue.shift()
    while (next) {
      const entry: Group = { write: next, ending: { kind: 'refused', why: `${file}: it was not committed` } }
      group.push(entry)
      entry.ending = runInGroup(file, sql, operations, next)
      next = performance.now() < end ? queue.shift() : undefined
    }
  }

  function failed(group: readonly Group[], error: unknown): void {
    tries = 0
    const ending = refusal(file, error)
    for (const { write } of group) write.settle(ending)
    if (group.length > 0) return
    // Not even begun: nobody of those who wait can be served.
    const those = queue
    queue = []
    for (const write of those) write.settle(ending)
    if (flusher.needsTransaction) flusher.noTransaction(asError(error))
  }

  function again(): void {
    if (queue.length > 0) schedule()
    else finish()
  }

  function settled(group: readonly Group[]): void {
    const waiting = settleCommitted(file, group)
    // With nothing in it, it was for the flush.
    if (group.length > 0) flusher.committed(waiting)
    else flusher.flush()
    upkeep.wrote()
  }

  /** Ends when it was asked to, and nothing is under way. */
  function finish(): void {
    if (!closed || queue.length > 0 || upkeep.isBusy) return
    if (!flusher.isIdle) return flusher.flush()
    const done = closed
    closed = undefined
    upkeep.stop()
    upkeep.writeBack()
    log.close()
    if (flusher.isTrusted) closeConnection(connection, sql)
    else kept.push(connection)
    done()
  }

  sql.exec('PRAGMA busy_timeout = 0')
  return {
    add(write) {
      queue.push(write)
      schedule()
    },
    flush() {
      flusher.written()
      upkeep.wrote()
    },
    doubt: () => flusher.doubt(),
    close: () =>
      new Promise((resolve) => {
        closed = resolve
        flusher.end()
        finish()
      }),
  }
}

function openLogOf(file: string, connection: Connection): LogFile {
  try {
    return openLog(file)
  } catch (error) {
    connection.close()
    throw error
  }
}
