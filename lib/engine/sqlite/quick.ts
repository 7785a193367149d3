import { setImmediate } from 'node:timers'
import type { Sql } from './connection'
import { isBusy, refusal, rollBack } from './errors'
import type { Committed } from './flusher'
import { runInGroup } from './group'
import type { OwnFlush } from './own-flush'
import type { Ending, Operations } from './program'

/** A write that waits for the end of the turn. */
interface QuickWrite {
  readonly name: string
  readonly values: readonly unknown[]
  readonly isDurable: boolean
  settle(ending: Ending | 'busy'): void
}

/**
 * Small writes on the event loop: some ten microseconds each, where a thread costs seventy. Those of one turn share a transaction. They
 * do not wait for long: when somebody else writes all the while, the thread does it.
 */
export interface Quick {
  /** @returns how it ended; `busy`: somebody else writes, and nothing was done */
  write(name: string, values: readonly unknown[], isDurable: boolean): Promise<Ending | 'busy'>
  /** Runs those that wait for the end of the turn. */
  end(): void
}

/** Milliseconds: what another process writes on its event loop takes a tenth of one. */
const PATIENCE = 0.3
/** Milliseconds of work in one transaction, and in one turn. */
const LONGEST = 4

export function createQuick(file: string, sql: Sql, operations: Operations, flush: OwnFlush): Quick {
  let queue: QuickWrite[] = []

  /** @returns false: another one writes */
  function begin(): boolean {
    const start = performance.now()
    for (;;) {
      try {
        sql.run('BEGIN IMMEDIATE')
        return true
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() - start > PATIENCE) return false
      }
    }
  }

  /** @returns how each of them ended, as far as the time went */
  function run(writes: readonly QuickWrite[]): Ending[] {
    const endings: Ending[] = []
    const end = performance.now() + LONGEST
    for (const write of writes) {
      endings.push(runInGroup(file, sql, operations, write))
      if (performance.now() > end) break
    }
    sql.run('COMMIT')
    return endings
  }

  function settled(writes: readonly QuickWrite[], endings: readonly Ending[]): void {
    const waiting: Committed[] = []
    for (const [nth, ending] of endings.entries()) {
      const write = writes[nth]
      if (!write?.isDurable || ending.kind !== 'done') write?.settle(ending)
      else waiting.push({ onDisk: () => write.settle(ending), refused: (error) => write.settle(refusal(file, error)) })
    }
    if (waiting.length > 0) flush.committed(waiting)
  }

  function work(): void {
    const writes = queue
    queue = []
    if (writes.length === 0) return
    try {
      if (!begin()) {
        for (const { settle } of writes) settle('busy')
        return
      }
      const endings = run(writes)
      const left = writes.slice(endings.length)
      if (left.length > 0) {
        queue = left
        setImmediate(work)
      }
      settled(writes, endings)
    } catch (error) {
      rollBack(sql)
      const ending = refusal(file, error)
      for (const { settle } of writes) settle(ending)
    }
  }

  return {
    write: (name, values, isDurable) =>
      new Promise((settle) => {
        if (queue.length === 0) setImmediate(work)
        queue.push({ name, values, isDurable, settle })
      }),
    end() {
      while (queue.length > 0) work()
    },
  }
}
