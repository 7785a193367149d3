import type { Sql } from './connection'
import { isBusy, refusal, rollBack } from './errors'
import type { Ending, Operations } from './program'

/**
 * A small write on the event loop: some ten microseconds, where a thread costs seventy. It never waits: when anybody else writes now,
 * the thread does it.
 */
export type Quick = (name: string, values: readonly unknown[]) => Ending | 'busy'

export function createQuick(file: string, sql: Sql, operations: Operations): Quick {
  return (name, values) => {
    const operation = operations[name]
    if (!operation) return { kind: 'thrown', error: new Error(`no operation ${name}`) }
    try {
      sql.run('BEGIN IMMEDIATE')
    } catch (error) {
      return isBusy(error) ? 'busy' : refusal(file, error)
    }
    try {
      const value = operation(...values)
      sql.run('COMMIT')
      return { kind: 'done', value }
    } catch (error) {
      rollBack(sql)
      return refusal(file, error)
    }
  }
}
