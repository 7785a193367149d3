import type { Sql } from '../connection/connection'
import { refusal } from '../errors'
import type { Committed } from '../flush/flusher'
import { type Durability, type Ending, isDurable, type Operations } from '../program'

/** A write of a transaction that others may share. */
export interface GroupWrite {
  readonly name: string
  readonly values: readonly unknown[]
  readonly durability: Durability
  settle(ending: Ending): void
}

/** Alone in its transaction: what it throws takes back all of it. */
export function runAlone(operations: Operations, { name, values }: Pick<GroupWrite, 'name' | 'values'>): Ending {
  const operation = operations[name]
  if (!operation) throw new Error(`no operation ${name}`)
  return { kind: 'done', value: operation(...values) }
}

/** With others in its transaction: what it throws takes back what it wrote, and nothing else. */
export function runInGroup(
  file: string,
  sql: Sql,
  operations: Operations,
  write: Pick<GroupWrite, 'name' | 'values'>,
): Ending {
  sql.run('SAVEPOINT one')
  try {
    const ending = runAlone(operations, write)
    sql.run('RELEASE one')
    return ending
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

/** When the transaction is committed. @returns those of which nothing is told before they are on the disk */
export function settleCommitted(
  file: string,
  group: Iterable<{ readonly write: GroupWrite; readonly ending: Ending }>,
): readonly Committed[] {
  const waiting: Committed[] = []
  for (const { write, ending } of group) {
    if (!isDurable(write.durability) || ending.kind !== 'done') write.settle(ending)
    else waiting.push({ onDisk: () => write.settle(ending), refused: (error) => write.settle(refusal(file, error)) })
  }
  return waiting
}
