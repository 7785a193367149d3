import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, statSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { asError, isUnavailable, textOf, Unavailable } from '../../terms/errors'
import { binding } from './binding'
import { type Connection, type Sql, sqlOn } from './connection'
import type { Ending } from './program'

/** SQLite's primary result code of an error; undefined: it is not the engine's */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

export const isBusy = (error: unknown): boolean => sqliteCode(error) === BUSY

/** The file cannot be understood: no other try helps. */
export class Damaged extends Unavailable {
  override readonly name = 'Damaged'
}

/** What an operator is told: the file, what is wrong, what to do. */
export function engineError(file: string, error: unknown): Error {
  const code = sqliteCode(error)
  if (code === undefined) return error instanceof Error ? error : new Error(textOf(error))
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return new Damaged(`${file} is damaged (${textOf(error)}): restore it from a backup`)
  }
  return new Unavailable(`${file}: ${textOf(error)}`)
}

/** What the engine or the disk did not let happen, or a bug. */
export function refusal(file: string, error: unknown): Ending {
  const found = engineError(file, error)
  return isUnavailable(found) ? { kind: 'refused', why: found.message } : { kind: 'thrown', error: asError(error) }
}

/** After a failure that may have taken back the transaction already. */
export function rollBack(sql: Sql): void {
  try {
    sql.run('ROLLBACK')
  } catch {
    // The engine has done so.
  }
}

/** The names in a folder are on the disk. */
export function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A name that no other process has at work. */
const draftOf = (file: string): string => `${file}.new-${process.pid}-${randomBytes(4).toString('hex')}`

const PRAGMAS = `
PRAGMA busy_timeout = 5000;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 0;
PRAGMA cache_size = -16000;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF`

const versionOf = (connection: Connection): number =>
  Number(sqlOn(connection).get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0)

function bring(connection: Connection, schema: readonly string[]): void {
  if (versionOf(connection) === schema.length) return
  connection.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(connection)
    if (version > schema.length) {
      throw new Error(`schema version ${version}, this package knows ${schema.length}: update it`)
    }
    for (const step of schema.slice(version)) connection.exec(step)
    connection.exec(`PRAGMA user_version = ${schema.length}`)
    connection.exec('COMMIT')
  } catch (error) {
    connection.exec('ROLLBACK')
    throw error
  }
}

/** A new file is made beside its place and put there whole, so that an empty one is never taken for a new one. */
function create(file: string, schema: readonly string[]): void {
  const draft = draftOf(file)
  closeSync(openSync(draft, 'wx', 0o600))
  try {
    const connection = new (binding().DatabaseSync)(draft)
    try {
      // No prepared statement here: with one, the package of Node 20 closes a connection only when its garbage is collected.
      const version = `PRAGMA user_version = ${schema.length}`
      connection.exec(['PRAGMA auto_vacuum = INCREMENTAL', 'PRAGMA journal_mode = WAL', ...schema, version].join(';'))
    } finally {
      connection.close()
    }
    try {
      linkSync(draft, file)
    } catch (error) {
      // Another process was first, with the same schema.
      if (!existsSync(file)) throw error
    }
    flushFolder(path.dirname(file))
  } finally {
    unlinkSync(draft)
  }
}

/**
 * A connection that writes; the file is made when it is missing. Its name is looked at and never opened by other means: closing
 * a second descriptor of a file takes away the locks that this process holds on it (sqlite.org/howtocorrupt.html 2.2).
 * Throws `Damaged` when the file cannot be understood.
 */
export function openWriter(file: string, schema: readonly string[]): Connection {
  if (!existsSync(file)) create(file, schema)
  if (statSync(file).size === 0) throw new Damaged(`${file} is damaged (it is empty): restore it from a backup`)
  let connection: Connection | undefined
  try {
    connection = new (binding().DatabaseSync)(file)
    connection.exec(PRAGMAS)
    bring(connection, schema)
    return connection
  } catch (error) {
    connection?.close()
    throw engineError(file, error)
  }
}

/** Another connection to a file that `openWriter` has opened; it waits for nobody. */
export function openConnection(file: string): Connection {
  try {
    const connection = new (binding().DatabaseSync)(file)
    connection.exec(PRAGMAS)
    connection.exec('PRAGMA busy_timeout = 0')
    return connection
  } catch (error) {
    throw engineError(file, error)
  }
}
