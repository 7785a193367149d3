import { accessSync, constants, existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Unavailable } from '../../../terms/errors'
import { Damaged, engineError } from '../errors'
import type { Operations, Program } from '../program'
import { binding } from './binding'
import { type Connection, sqlOn } from './connection'
import { createFile, flushFolder, makeFolder } from './create'

const PRAGMAS = `
PRAGMA busy_timeout = 5000;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 0;
PRAGMA cache_size = -16000;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF`

/** For a program that is not flushed: SQLite itself does so where the log begins anew, and when it goes to the file. */
const NEVER_FLUSHED = 'PRAGMA synchronous = OFF'

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

const isLeft = (log: string): boolean => (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0

/**
 * A connection that writes; the file and its folder are made when they are missing. Its name is looked at and never opened by other
 * means: closing a second descriptor of a file takes away the locks that this process holds on it (sqlite.org/howtocorrupt.html 2.2).
 * Throws `Damaged` when the file cannot be understood, else `Unavailable`.
 */
export function openWriter(file: string, { schema, flushed }: Program<Operations>): Connection {
  let connection: Connection | undefined
  try {
    makeFolder(path.dirname(file))
    if (!existsSync(file)) {
      // Its log would be played into the new file.
      if (isLeft(`${file}-wal`) && !existsSync(file)) throw new Damaged(file, 'it is missing, and its log is there')
      createFile(file, schema)
    }
    // Before there can be a log: the name of the file must not be missing where that of the log is there.
    flushFolder(path.dirname(file))
    if (statSync(file).size === 0) throw new Damaged(file, 'it is empty')
    // SQLite would only say that it cannot open it.
    accessSync(path.dirname(file), constants.W_OK)
    accessSync(file, constants.R_OK | constants.W_OK)
    connection = new (binding().DatabaseSync)(file)
    connection.exec(PRAGMAS)
    if (!flushed) connection.exec(NEVER_FLUSHED)
    // A copy by SQLite's own means is not in this mode.
    connection.exec('PRAGMA journal_mode = WAL')
    bring(connection, schema)
    return connection
  } catch (error) {
    connection?.close()
    throw engineError(file, error)
  }
}

/** Another connection to a file that `openWriter` has opened; it waits for nobody. */
export function openConnection(file: string, { flushed = true }: { readonly flushed?: boolean } = {}): Connection {
  let connection: Connection | undefined
  try {
    connection = new (binding().DatabaseSync)(file)
    connection.exec(PRAGMAS)
    if (!flushed) connection.exec(NEVER_FLUSHED)
    // The file's log is opened by its name, at the first look: now, so that it is never the log of a file that takes the place of this one.
    connection.exec('PRAGMA user_version')
    connection.exec('PRAGMA busy_timeout = 0')
    return connection
  } catch (error) {
    connection?.close()
    throw engineError(file, error)
  }
}

/**
 * A connection to a file that nobody writes: no file is made beside it, and its log, should there be one, is not read.
 * Throws `Damaged`, else `Unavailable`.
 */
export function openUnchanging(file: string, { schema }: Program<Operations>): Connection {
  let connection: Connection | undefined
  try {
    accessSync(file, constants.R_OK)
    connection = new (binding().DatabaseSync)(`${pathToFileURL(file).href}?immutable=1`, { readOnly: true })
    connection.exec('PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000')
    const version = versionOf(connection)
    if (version !== schema.length)
      throw new Unavailable(
        `${file} was written by another version of this package: schema ${version}, not ${schema.length}`,
      )
    return connection
  } catch (error) {
    connection?.close()
    throw engineError(file, error)
  }
}
