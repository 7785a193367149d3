/** The part of the API of node:sqlite that is used here: synchronous, of one thread. */

export type Value = null | number | bigint | string | Uint8Array
/** names of columns to values; integers are numbers, and must be safe ones */
export type Row = Record<string, unknown>

export interface Statement {
  get(...values: readonly Value[]): unknown
  all(...values: readonly Value[]): unknown[]
  run(...values: readonly Value[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  /** each row is an array of its columns from then on */
  setReturnArrays?(enabled: boolean): void
}

export interface Connection {
  prepare(text: string): Statement
  exec(text: string): void
  close(): void
  readonly isTransaction?: boolean
}

export interface ConnectionOptions {
  readonly readOnly?: boolean
}

/** SQL on one connection; each text is prepared once. */
export interface Sql {
  get<R = Row>(text: string, ...values: readonly Value[]): R | undefined
  all<R = Row>(text: string, ...values: readonly Value[]): R[]
  /** Rows as arrays of their columns, for those that are read by the thousand. */
  columns<R extends readonly unknown[]>(text: string, ...values: readonly Value[]): R[]
  /** @returns rows that it changed */
  run(text: string, ...values: readonly Value[]): number
  exec(text: string): void
}

/** SQL of who has the connection: its statements go with it. */
export interface OwnSql extends Sql {
  /** Statements of which nothing is left but garbage. */
  forget(): void
}

export function sqlOn(connection: Connection): OwnSql {
  const statements = new Map<string, Statement>()
  const inArrays = new Map<string, Statement>()
  function prepared(text: string): Statement {
    const known = statements.get(text)
    if (known) return known
    const statement = connection.prepare(text)
    statements.set(text, statement)
    return statement
  }
  function preparedForArrays(text: string): Statement {
    const known = inArrays.get(text)
    if (known) return known
    const statement = connection.prepare(text)
    statement.setReturnArrays?.(true)
    inArrays.set(text, statement)
    return statement
  }
  // What a statement gives has the shape that its text asks for: nobody can check that here.
  return {
    get: <R>(text: string, ...values: readonly Value[]) => prepared(text).get(...values) as R | undefined,
    all: <R>(text: string, ...values: readonly Value[]) => prepared(text).all(...values) as R[],
    columns: <R extends readonly unknown[]>(text: string, ...values: readonly Value[]) => {
      const rows = preparedForArrays(text).all(...values)
      return (rows.length > 0 && !Array.isArray(rows[0]) ? rows.map((row) => Object.values(row as Row)) : rows) as R[]
    },
    run: (text, ...values) => Number(prepared(text).run(...values).changes),
    exec: (text) => connection.exec(text),
    forget() {
      statements.clear()
      inArrays.clear()
    },
  }
}
