import { closeSync, existsSync, fdatasync, openSync } from 'node:fs'
import path from 'node:path'
import { setImmediate } from 'node:timers'
import { asError, textOf, Unavailable } from '../../terms/errors'
import { sqlOn } from './connection'
import { flushFolder } from './create'
import { isBusy, refusal, rollBack, sqliteCode } from './errors'
import { openWriter } from './open'
import type { Durability, Ending, LaneSettings, Operations, Program } from './program'

/** A write that waits for its turn, or for the disk. */
export interface Write {
  readonly name: string
  readonly values: readonly unknown[]
  readonly durability: Durability
  settle(ending: Ending): void
}

/** One file and those who wait to write it. */
export interface Lane {
  add(write: Write): void
  /** Brings to the disk what others of this process wrote. */
  flush(): void
  /** After all that was added; what was committed is on the disk then. */
  close(): Promise<void>
}

const LANE: LaneSettings = { group: 20, patience: 10_000, behind: 800, log: 4 * 1024 ** 2, idle: 3000, free: 2000 }

/** Times as much as `log`: a checkpoint that lets nobody write meanwhile is due. */
const FAR_TOO_LONG = 4
/** Octets of a page in the log, and milliseconds between two looks how long it is. */
const FRAME = 4096 + 24
const LOOK = 50
/** Free pages that go back at once. */
const FREED_AT_ONCE = 500

interface Group {
  readonly write: Write
  ending: Ending
}

/** Milliseconds between two looks whether another process still writes: short at first, never in step with it. */
const backOff = (tries: number): number => Math.min(2 ** Math.min(tries, 5), 20) * (0.5 + Math.random())

/**
 * Writes that wait share a transaction, each in a savepoint; what must be durable waits for one flush of the log that all share, and
 * the next transaction runs meanwhile.
 * @param checkpoint writes the log back to the file, elsewhere; never rejects
 */
export function openLane<Ops extends Operations>(
  file: string,
  program: Program<Ops>,
  checkpoint: (file: string) => Promise<void>,
  given: Partial<LaneSettings> = {},
): Lane {
  const settings = { ...LANE, ...given }
  const connection = openWriter(file, program.schema)
  const sql = sqlOn(connection)
  const operations: Operations = program.operations(sql)
  /** of the log, for flushes; opened when there is one */
  let log: number | undefined
  let queue: Write[] = []
  let scheduled = false
  let tries = 0
  let waitingSince = 0
  /** committed, and not on the disk yet */
  let unflushed: Group[] = []
  let flushing = false
  let dirty = false
  /** a flush failed: what the log has is not known to be on the disk, whatever the next flush says */
  let suspect = false
  let behind: NodeJS.Timeout | undefined
  let resting: NodeJS.Timeout | undefined
  let checkpointing = false
  let nextLook = 0
  let closed: (() => void) | undefined

  function logFile(): number | undefined {
    if (log === undefined) {
      // There is none before the first change.
      if (!existsSync(`${file}-wal`)) return undefined
      log = openSync(`${file}-wal`, 'r')
      // The log's name must survive as well; SQLite does that only when it flushes the log itself.
      flushFolder(path.dirname(file))
    }
    return log
  }

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

  function rest(): void {
    resting?.refresh()
    resting ??= setTimeout(tidy, settings.idle)
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

  function one({ name, values }: Write): Ending {
    const operation = operations[name]
    if (!operation) return { kind: 'thrown', error: new Error(`no operation ${name}`) }
    sql.run('SAVEPOINT one')
    try {
      const value = operation(...values)
      sql.run('RELEASE one')
      return { kind: 'done', value }
    } catch (error) {
      // A full disk may have taken back the whole transaction; then this throws, and all of it ends.
      sql.run('ROLLBACK TO one')
      sql.run('RELEASE one')
      if (sqliteCode(error) !== undefined) return refusal(file, error)
      return { kind: 'thrown', error: asError(error) }
    }
  }

  function refuse(writes: readonly Write[], error: unknown): void {
    const ending = refusal(file, error)
    for (const write of writes) write.settle(ending)
  }

  function work(): void {
    if (queue.length === 0) {
      finish()
      return
    }
    const group: Group[] = []
    try {
      if (!begin()) {
        tries += 1
        if (tries === 1) waitingSince = performance.now()
        if (performance.now() - waitingSince < settings.patience) return schedule(backOff(tries))
        throw new Unavailable(`${file}: another process does not end its write`)
      }
      tries = 0
      const end = performance.now() + settings.group
      let next = queue.shift()
      while (next) {
        const entry: Group = { write: next, ending: { kind: 'refused', why: `${file}: it was not committed` } }
        group.push(entry)
        entry.ending = one(next)
        next = performance.now() < end ? queue.shift() : undefined
      }
      sql.run('COMMIT')
    } catch (error) {
      rollBack(sql)
      const failed = group.map(({ write }) => write)
      if (group.length === 0) {
        // Not even begun: nobody of those who wait can be served.
        tries = 0
        failed.push(...queue)
        queue = []
      }
      refuse(failed, error)
      return again()
    }
    settled(group)
    again()
  }

  function again(): void {
    if (queue.length > 0) schedule()
    else finish()
  }

  function settled(group: readonly Group[]): void {
    for (const entry of group) {
      if (entry.write.durability === 'durable' && entry.ending.kind === 'done') unflushed.push(entry)
      else entry.write.settle(entry.ending)
    }
    dirty = true
    if (unflushed.length > 0) flush()
    else behind ??= setTimeout(flush, settings.behind)
    rest()
    look()
  }

  /** One flush for all that are committed; who comes meanwhile waits for the next. */
  function flush(): void {
    clearTimeout(behind)
    behind = undefined
    if (flushing || !dirty) return
    flushing = true
    dirty = false
    const waiting = unflushed
    unflushed = []
    const done = (error?: unknown): void => {
      flushing = false
      if (error) {
        failedFlush(waiting, error)
      } else {
        for (const { write, ending } of waiting) write.settle(ending)
      }
      if (unflushed.length > 0) flush()
      else if (dirty) behind ??= setTimeout(flush, settings.behind)
      finish()
    }
    try {
      if (suspect) writeBack()
      const descriptor = logFile()
      if (descriptor === undefined) done()
      else fdatasync(descriptor, (error) => done(error ?? undefined))
    } catch (error) {
      done(error)
    }
  }

  /**
   * The kernel tells once that it could not write, and takes the pages for clean then: a log whose flush failed is not trusted any
   * more. What is in it goes to the file itself, which is flushed anew.
   */
  function writeBack(): void {
    const [result] = sql.all<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')
    if (result?.busy !== 0) throw new Error('the log is still in use')
    suspect = false
  }

  function failedFlush(waiting: readonly Group[], error: unknown): void {
    suspect = true
    const ending: Ending = { kind: 'refused', why: `${file}: not known to be on the disk: ${textOf(error)}` }
    for (const { write } of waiting) write.settle(ending)
  }

  /** Octets of the log that are not in the file yet, and of all of it. */
  function logged(): { readonly open: number; readonly all: number } {
    const [row] = sql.all<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)')
    const { log: frames = 0, checkpointed = 0 } = row ?? {}
    return { open: (frames - checkpointed) * FRAME, all: frames * FRAME }
  }

  /** Most of a long log is written back elsewhere; what came meanwhile is little, and is written here, so that the log begins anew. */
  function look(): void {
    const now = performance.now()
    if (checkpointing || now < nextLook) return
    nextLook = now + LOOK
    if (logged().open < settings.log) return
    checkpointing = true
    void checkpoint(file).then(() => {
      checkpointing = false
      restart(logged().all >= FAR_TOO_LONG * settings.log ? 'RESTART' : 'PASSIVE')
      finish()
    })
  }

  function restart(how: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): void {
    try {
      sql.exec('PRAGMA busy_timeout = 20')
      sql.all(`PRAGMA wal_checkpoint(${how})`)
    } catch {
      // A reader or another process was in the way: the next time.
    } finally {
      sql.exec('PRAGMA busy_timeout = 0')
    }
  }

  /** Nobody has written for a while. */
  function tidy(): void {
    resting = undefined
    if (queue.length > 0 || closed) return
    try {
      const free = Number(sql.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0)
      if (free > settings.free) {
        sql.all(`PRAGMA incremental_vacuum(${FREED_AT_ONCE})`)
        rest()
      }
    } catch {
      // Another process writes: it will rest too.
    }
    if (logged().all > 0) restart('TRUNCATE')
  }

  /** Ends when it was asked to, and nothing is under way. */
  function finish(): void {
    if (!closed || queue.length > 0 || flushing || checkpointing) return
    if (dirty) return flush()
    const done = closed
    closed = undefined
    clearTimeout(resting)
    clearTimeout(behind)
    // Also where the connection stays open until its garbage is collected, as with the package of Node 20.
    restart('TRUNCATE')
    if (log !== undefined) closeSync(log)
    connection.close()
    done()
  }

  sql.exec('PRAGMA busy_timeout = 0')
  return {
    add(write) {
      queue.push(write)
      schedule()
    },
    flush() {
      dirty = true
      flush()
      rest()
      look()
    },
    close: () =>
      new Promise((resolve) => {
        closed = resolve
        finish()
      }),
  }
}
