import { setTimeout as pause } from 'node:timers/promises'
import { type Database, openDatabase } from '../../engine/sqlite/database'
import { Damaged, engineError } from '../../engine/sqlite/errors'
import { Contradiction, textOf, Unavailable } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import { giveWay } from '../../work/turns'
import type { Answer, Question } from '../decisions'
import type { LockTable } from '../ports'
import type { AccountRecord } from '../record'
import { fileOf, markDamaged, namesChanged, namesOf, newest } from './files'
import { type Act, inTime, program } from './program'
import { BEFORE_ALL, readState, recordOf, recordsAfter } from './rows'

export interface TablePorts {
  readonly folder: string
  /** this process, which the others find by this name since before the table is opened */
  readonly self: string
  /** milliseconds */
  readonly expiry: number
  readonly clock: Clock
  readonly log: Log
  /** the other processes of this host that have locks open; not all of them run */
  others(): readonly string[]
  /** Another file is the table now: tells the other processes to look. */
  tell(): void
  /** What this process holds is over. */
  lost(): void
}

export interface EmbeddedTable extends LockTable {
  /** whether that process has shown life in time; true when the table cannot be read */
  showsLife(process: string): boolean
  /** Shows life. Rejects when it cannot be written: the next time will do, until somebody takes this process for dead. */
  renew(): Promise<void>
  /** Goes over to the file that is the table now. */
  look(): Promise<void>
}

type Opened = Database<ReturnType<typeof program.operations>>

/** A file that is the table, or was. */
interface Place {
  readonly number: number
  readonly inodes: string
  readonly database: Opened
  /** the last act that this process knows of */
  seen: number
  /** when the names in the folder had changed when they were last looked at */
  looked: number | undefined
  /** this process has shown life in it */
  joined: boolean
  settling: Promise<void> | undefined
}

/** Damaged tables, one after another, that one step passes over. */
const MOST_DAMAGED = 3
/** milliseconds that a claim waits for other processes to come to a new table, and between two looks */
const PATIENCE = 5000
const LOOK = 20
/** accounts that are read in one turn of the event loop */
const AT_ONCE = 100

/**
 * The lock table in a SQLite file. Who finds it damaged puts a mark beside it, and the next number is the table. Mutual exclusion is never
 * split between the two, because
 * - who goes over ends its leases first, and what the old table grants after that is not believed (`goOver`, `use`);
 * - the new one lets nobody in before each process that the old one may have let in has come over, is dead, or was silent for twice as
 *   long as a lease lasts (`settle`). A process has its name among the others before it chooses a file (`self`), and they are listed
 *   after the new file was made: who is not in the list has found the mark;
 * - a file whose name, or whose log's, stands for another one is as a damaged one (`isOver`), and so is one that lacks what it should
 *   have (`readState`, `openRecord`);
 * - a name is not used again while anything is left of it, and a file gets its name whole, by link(2): of those who make it, one does.
 */
export async function openTable(ports: TablePorts): Promise<EmbeddedTable> {
  const { folder, self, expiry, clock, log } = ports
  let closed = false
  let moving: Promise<void> | undefined

  async function openNewest(): Promise<Place> {
    for (let damaged = 0; ; damaged++) {
      const number = newest(folder)
      const file = fileOf(folder, number)
      try {
        const database = await openDatabase(file, program, { check: true })
        const { inodes } = namesOf(file)
        return { number, inodes, database, seen: 0, looked: undefined, joined: false, settling: undefined }
      } catch (error) {
        if (!(error instanceof Damaged) || damaged === MOST_DAMAGED) throw error
        putAside(file, error)
      }
    }
  }

  /** Who finds it first says so. */
  function putAside(file: string, { why }: Damaged): void {
    if (markDamaged(file, why))
      log.error(`locks: ${file} is damaged (${why}): it is put aside for a new one, and sessions that held a lock end`)
  }

  let place = await openNewest()

  /** Whether another file is the table. Throws `Damaged` when another one has taken the name of this one, or of its log. */
  function isOver({ number, inodes, database: { file } }: Place): boolean {
    if (newest(folder) !== number) return true
    const names = namesOf(file)
    if (names.there && names.inodes !== inodes) throw new Damaged(file, 'its files were replaced')
    return !names.there
  }

  /** The same before each act, which nearly always costs one look at the folder. */
  function stays(used: Place): boolean {
    const changed = namesChanged(folder)
    if (changed !== undefined && changed === used.looked) return true
    if (isOver(used)) return false
    used.looked = changed
    return true
  }

  /** Goes over from a file that is not the table any more, once for all who find it. */
  function leave(left: Place, damage?: Damaged): Promise<void> {
    if (left !== place || closed) return Promise.resolve()
    moving ??= goOver(left, damage).finally(() => {
      moving = undefined
    })
    return moving
  }

  async function goOver(left: Place, damage?: Damaged): Promise<void> {
    if (damage) putAside(left.database.file, damage)
    else log.warn('locks: another file is the lock table now; sessions of this process that held a lock end')
    const next = await openNewest()
    // A turn of the loop: what the old table has granted is in its session's hands then, or is not believed.
    await new Promise(setImmediate)
    place = next
    ports.lost()
    ports.tell()
    left.database.close().catch((error: unknown) => log.warn(`locks: ${textOf(error)}`))
    await renewIn(next)
  }

  async function actIn<T>(used: Place, act: Promise<Act<T>>): Promise<T> {
    const { acts, value } = await act
    used.seen = Math.max(used.seen, acts)
    return value
  }

  async function renewIn(used: Place): Promise<void> {
    const known = await actIn(used, used.database.write('renew', [used.seen, self, expiry], 'quick-visible'))
    if (used.joined && !known && used === place) {
      log.warn('locks: this process was silent for too long, and others took it for dead; its sessions end')
      ports.lost()
    }
    used.joined = true
  }

  /** Until the table lets somebody in. */
  async function settle(used: Place): Promise<void> {
    const end = performance.now() + PATIENCE
    await renewIn(used)
    const settles = () => used.database.write('settle', [used.seen, ports.others(), 2 * expiry], 'quick-visible')
    while (!(await actIn(used, settles()))) {
      if (used !== place) return
      if (performance.now() > end)
        throw new Unavailable('the table is new, and a process that runs has not come to it yet')
      await pause(LOOK)
    }
  }

  function damageOf({ database: { file } }: Place, error: unknown): Damaged | undefined {
    if (error instanceof Contradiction) return new Damaged(file, error.message)
    return error instanceof Damaged ? error : undefined
  }

  /** Runs something on the table, and again on the one that takes its place. */
  async function use<T>(run: (used: Place) => Promise<T>): Promise<T> {
    for (let left = 0; left <= MOST_DAMAGED; left++) {
      await moving
      const used = place
      try {
        if (!stays(used)) {
          await leave(used)
          continue
        }
        const value = await run(used)
        if (used === place) return value
      } catch (error) {
        if (used === place) {
          const damage = damageOf(used, error)
          if (!damage) throw error
          await leave(used, damage)
        }
      }
    }
    throw new Unavailable('the lock table does not last')
  }

  async function decideIn(used: Place, account: string, question: Question): Promise<Answer> {
    for (;;) {
      const values = [used.seen, account, question, self, clock.now()] as const
      const answer = await actIn(used, used.database.write('decide', [...values], 'quick-visible'))
      if (answer) return answer
      used.settling ??= settle(used).finally(() => {
        used.settling = undefined
      })
      await used.settling
    }
  }

  /** On the event loop; what cannot be read is looked into, and thrown. */
  function read<T>(ask: (used: Place) => T): T {
    const used = place
    try {
      return ask(used)
    } catch (error) {
      const fault = engineError(used.database.file, error)
      if (fault instanceof Damaged) leave(used, fault).catch((error: unknown) => log.error(`locks: ${textOf(error)}`))
      throw fault
    }
  }

  // They may have another file open under this name.
  ports.tell()
  return {
    decide: (account, question) => use((used) => decideIn(used, account, question)),
    read: (account) => read(({ database }) => recordOf(database.read, account, database.file)),
    async list() {
      const found: [string, AccountRecord][] = []
      for (let after = BEFORE_ALL; ; await giveWay()) {
        const { records, last } = read(({ database }) => recordsAfter(database.read, after, AT_ONCE, database.file))
        found.push(...records)
        if (!last) return found
        after = last
      }
    },
    showsLife(process) {
      try {
        return read(({ database: { read, file } }) => inTime(readState(read, file).registry, process) === true)
      } catch {
        return true
      }
    },
    renew: () => use(renewIn),
    look: () => use(async () => undefined),
    async close() {
      closed = true
      await moving?.catch(() => undefined)
      await place.database.write('forget', [place.seen, self], 'quick-visible').catch(() => undefined)
      await place.database.close()
    },
  }
}
