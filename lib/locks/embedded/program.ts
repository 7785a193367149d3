import type { Sql } from '../../engine/sqlite/connection/connection'
import { defineProgram } from '../../engine/sqlite/program'
import { runs } from '../../processes/identity'
import { type Answer, decide, type Question } from '../decisions'
import { openRecord, readState, SCHEMA, writeState } from './rows'
import type { Registry, TableState } from './state'

/** One clock for all processes of the host, which nobody sets: a clock that is set must not make a process look dead. */
const monotonic = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/** Whether a process has shown life in time; undefined: the table does not know it. */
export function inTime({ processes }: Registry, process: string): boolean | undefined {
  const until = processes[process]
  return until === undefined ? undefined : until >= monotonic()
}

/** What an act gave, and the number of the last act that the table has seen: the next one of this process is told it. */
export interface Act<T> {
  readonly acts: number
  readonly value: T
}

const FILE = 'the lock table'

/** Who is found dead is not known any more, so that it hears of it should it still run. */
function judge(registry: Registry, self: string) {
  const judged = new Map<string, boolean>([[self, true]])
  let changed = false
  return {
    changed: () => changed,
    living(process: string): boolean {
      const known = judged.get(process)
      if (known !== undefined) return known
      const living = inTime(registry, process) === true && runs(process)
      if (!living) {
        delete registry.processes[process]
        changed = true
      }
      judged.set(process, living)
      return living
    },
  }
}

function written<T>(sql: Sql, state: TableState, value: T): Act<T> {
  writeState(sql, state)
  return { acts: state.acts, value }
}

/** The lock table: each operation is a step that no process comes between. `seen`: the last act that the process knows of. */
export const program = defineProgram(
  __filename,
  [SCHEMA],
  (sql) => ({
    /**
     * @param now milliseconds since 1970
     * @returns undefined: nobody may be let in, because the table is not settled or does not know the process that asks
     */
    decide(seen: number, account: string, question: Question, self: string, now: number): Act<Answer | undefined> {
      const { state, record, write } = openRecord(sql, account, FILE, seen)
      const { registry } = state
      const letsIn = question.kind === 'claim' || question.kind === 'look-again'
      if (letsIn && !(registry.settled && inTime(registry, self))) return { acts: state.acts, value: undefined }
      const judgement = judge(registry, self)
      const answer = decide(record, question, { now, living: judgement.living })
      if (!write() && judgement.changed()) writeState(sql, state)
      return { acts: state.acts, value: answer }
    },

    /**
     * @param expiry milliseconds for which the process counts as alive from now on
     * @returns whether the table knew it: nobody has taken it for dead
     */
    renew(seen: number, self: string, expiry: number): Act<boolean> {
      const state = readState(sql, FILE, seen)
      const { processes } = state.registry
      const known = self in processes
      processes[self] = monotonic() + expiry
      for (const process of Object.keys(processes))
        if (!inTime(state.registry, process) && !runs(process)) delete processes[process]
      return written(sql, state, known)
    },

    forget(seen: number, self: string): Act<undefined> {
      const state = readState(sql, FILE, seen)
      delete state.registry.processes[self]
      return written(sql, state, undefined)
    },

    /**
     * Whether every process that may have leases of the table before this one has come to this one, or its leases are over.
     * @param others processes of this host that had locks open after this table was made; not all of them run
     * @param longest milliseconds after which a process that runs has come
     */
    settle(seen: number, others: readonly string[], longest: number): Act<boolean> {
      const state = readState(sql, FILE, seen)
      const { registry } = state
      if (registry.settled) return { acts: state.acts, value: true }
      const now = monotonic()
      registry.begun ??= now
      const missing = others.some((process) => inTime(registry, process) === undefined && runs(process))
      registry.settled = !missing || now - registry.begun >= longest
      return written(sql, state, registry.settled)
    },
  }),
  { flushed: false },
)
