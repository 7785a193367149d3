import type { Sql } from './connection'
import { refusal } from './errors'
import type { Ending, Operations } from './program'

/** One operation inside a transaction that others share: what it throws takes back what it wrote, and nothing else. */
export function runInGroup(
  file: string,
  sql: Sql,
  operations: Operations,
  { name, values }: { readonly name: string; readonly values: readonly unknown[] },
): Ending {
  const operation = operations[name]
  if (!operation) return { kind: 'thrown', error: new Error(`no operation ${name}`) }
  sql.run('SAVEPOINT one')
  try {
    const value = operation(...values)
    sql.run('RELEASE one')
    return { kind: 'done', value }
  } catch (error) {
    takeBack(sql, error)
    return refusal(file, error)
  }
}

/** Takes back one operation. A full disk may have taken back the whole transaction: then it throws why, and all of it ends. */
function takeBack(sql: Sql, why: unknown): void {
  try {
    sql.run('ROLLBACK TO one')
    sql.run('RELEASE one')
  } catch {
    throw why
  }
}
