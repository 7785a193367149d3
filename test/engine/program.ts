import { defineProgram } from '../../lib/engine/sqlite/program'

const SCHEMA = ['CREATE TABLE numbers (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID']

/** A table of numbers, for tests of the engine. */
export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  set(name: string, number: number): number {
    return sql.run('INSERT OR REPLACE INTO numbers VALUES (?, ?)', name, number)
  },
  /** Writes, and then does not want to have written. */
  setAndThrow(name: string, number: number): void {
    sql.run('INSERT OR REPLACE INTO numbers VALUES (?, ?)', name, number)
    throw new Error(`not ${name}`)
  },
  add(name: string): number {
    const before = sql.get<{ number: number }>('SELECT number FROM numbers WHERE name = ?', name)?.number ?? 0
    sql.run('INSERT OR REPLACE INTO numbers VALUES (?, ?)', name, before + 1)
    return before + 1
  },
}))
