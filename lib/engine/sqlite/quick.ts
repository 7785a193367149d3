import { setImmediate } from 'node:timers'
import type { Sql } from './connection/connection'
import { isBusy, refusal, rollBack } from './errors'
import type { OwnFlush } from './flush/own-flush'
import type { Durability, Ending, Operations } from './program'
import { type GroupWrite, runAlone, runInGroup, settleCommitted } from './writer/group'

/** A write that waits for the end of the turn. */
interface QuickWrite extends GroupWrite {
  settle(ending: Ending | 'busy'): void
}

/**
 * Small writes on the event loop: some ten microseconds each, where a thread costs seventy. Those of one turn share a transaction. They
 * do not wait for long: when somebody else writes all the while, the thread does it.
 */
export interface Quick {
  /** @returns how it ended; `busy`: somebody else writes, and nothing was done */
  write(name: string, values: readonly unknown[], durability: Durability): Promise<Ending | 'busy'>
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
  function run(writes: readonly QuickWrite[]): { readonly write: QuickWrite; readonly ending: Ending }[] {
    const group: { write: QuickWrite; ending: Ending }[] = []
    const end = performance.now() + LONGEST
    for (const write of writes) {
      const ending = writes.length === 1 ? runAlone(operations, write) : runInGroup(file, sql, operations, write)
      group.push({ write, ending })
      if (performance.now() > end) break
    }
    sql.run('COMMIT')
    return group
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
      const group = run(writes)
      const left = writes.slice(group.length)
      if (left.length > 0) {
        queue = left
        setImmediate(work)
      }
      const waiting = settleCommitted(file, group)
      if (waiting.length > 0) flush.committed(waiting)
    } catch (error) {
      rollBack(sql)
      const ending = refusal(file, error)
      for (const { settle } of writes) settle(ending)
    }
  }

  return {
    write: (name, values, durability) =>
      new Promise((settle) => {
        if (queue.length === 0) setImmediate(work)
        queue.push({ name, values, durability, settle })
      }),
    end() {
      while (queue.length > 0) work()
    },
  }
}
