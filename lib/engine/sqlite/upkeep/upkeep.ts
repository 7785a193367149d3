import type { Sql } from '../connection/connection'
import { isIoError } from '../errors'
import type { Flusher } from '../flush/flusher'
import type { LaneSettings } from '../program'
import type { Checkpointed } from './checkpoint-thread'

export type Checkpoint = (file: string) => Promise<Checkpointed>

/** Keeps the log short and the file small. */
export interface Upkeep {
  /** After a write. */
  wrote(): void
  /** The log goes to the file now, if nobody is in the way. */
  writeBack(): void
  readonly isBusy: boolean
  stop(): void
}

/** Times as much as `log`: a checkpoint that lets nobody write meanwhile is due. */
const FAR_TOO_LONG = 4
/** Octets of a page in the log, and milliseconds between two looks how long it is. */
const FRAME = 4096 + 24
const LOOK = 50
/** Free pages that go back at once. */
const FREED_AT_ONCE = 500

/**
 * @param checkpoint writes the log back to the file, elsewhere. Never rejects
 * @param ended a checkpoint elsewhere is over
 * @param isQuiet nobody writes, and nobody has closed it
 */
export function createUpkeep(
  file: string,
  sql: Sql,
  settings: LaneSettings,
  flusher: Flusher,
  checkpoint: Checkpoint,
  ended: () => void,
  isQuiet: () => boolean,
): Upkeep {
  let resting: NodeJS.Timeout | undefined
  let checkpointing = false
  /** the thread has the file open */
  let prepared = false
  let nextLook = 0

  /** Octets of the log that are not in the file yet, and of all of it. */
  function logged(): { readonly open: number; readonly all: number } {
    try {
      const [row] = sql.all<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)')
      const { log: frames = 0, checkpointed = 0 } = row ?? {}
      return { open: (frames - checkpointed) * FRAME, all: frames * FRAME }
    } catch {
      // Not now: whoever needs the file will say what is wrong.
      return { open: 0, all: 0 }
    }
  }

  function restart(how: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): void {
    if (!flusher.isTrusted) return
    try {
      sql.exec('PRAGMA busy_timeout = 20')
      sql.all(`PRAGMA wal_checkpoint(${how})`)
    } catch (error) {
      // Else a reader or another process is in the way: the next time.
      if (isIoError(error)) flusher.doubt()
    } finally {
      sql.exec('PRAGMA busy_timeout = 0')
    }
  }

  /** Most of a long log is written back elsewhere; what came meanwhile is little, and is written here, so that the log begins anew. */
  function look(): void {
    const now = performance.now()
    if (checkpointing || now < nextLook || !flusher.isTrusted) return
    nextLook = now + LOOK
    // A thread takes a while to start.
    if (logged().open < (prepared ? settings.log : settings.log / 4)) return
    checkpointing = true
    void checkpoint(file).then((checkpointed) => {
      checkpointing = false
      prepared = true
      if (checkpointed === 'done') restart(logged().all >= FAR_TOO_LONG * settings.log ? 'RESTART' : 'PASSIVE')
      else flusher.doubt()
      ended()
    })
  }

  function rest(): void {
    resting?.refresh()
    resting ??= setTimeout(tidy, settings.idle)
  }

  /** Nobody has written for a while. */
  function tidy(): void {
    resting = undefined
    if (!isQuiet()) return
    try {
      const free = Number(sql.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0)
      if (free > settings.free) {
        sql.all(`PRAGMA incremental_vacuum(${FREED_AT_ONCE})`)
        flusher.committed([])
        rest()
      }
      if (logged().all > 0) restart('TRUNCATE')
    } catch (error) {
      if (isIoError(error)) flusher.doubt()
    }
  }

  return {
    wrote() {
      rest()
      look()
    },
    writeBack: () => restart('TRUNCATE'),
    get isBusy() {
      return checkpointing
    },
    stop: () => clearTimeout(resting),
  }
}
