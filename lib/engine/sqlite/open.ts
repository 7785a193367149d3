import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, statSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { asError, isUnavailable, textOf, Unavailable } from '../../terms/errors'
import { binding } from './binding'
import { type Connection, type Sql, sqlOn } from './connection'
import type { Ending } from './program'

const UNKNOWN = 1
const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** The package of Node 20 says for some calls what happened, and not its number. */
const CODES: ReadonlyMap<string, number> = new Map([
  ['database is locked', BUSY],
  ['database disk image is malformed', CORRUPT],
  ['file is not a database', NOT_A_DATABASE],
])

/** SQLite's primary result code of an error; undefined: it is not the engine's */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR' ? (CODES.get(error.message) ?? UNKNOWN) : undefined
}

export const isBusy = (error: unknown): boolean => sqliteCode(error) === BUSY

/** The file cannot be understood: no other try helps. The operator is told the file, what is wrong, what to do. */
export class Damaged extends Unavailable {
  override readonly name = 'Damaged'
  constructor(
    readonly file: string,
    readonly why: string,
    advice = 'restore it from a backup',
  ) {
    super(`${file} is damaged (${why}): ${advice}`)
  }
}

/** What the engine said of a file, in words for the operator. */
export function engineError(file: string, error: unknown): Error {
  const code = sqliteCode(error)
  if (code === undefined) return error instanceof Error ? error : new Error(textOf(error))
  if (code === CORRUPT || code === NOT_A_DATABASE) return new Damaged(file, textOf(error))
  return new Unavailable(`${file}: ${textOf(error)}`)
}

/** How something ended that threw: the engine or the disk did not let it happen, or a bug. */
export function refusal(file: string, error: unknown): Ending {
  const found = engineError(file, error)
  if (found instanceof Damaged) return { kind: 'damaged', file: found.file, why: found.why }
  return isUnavailable(found) ? { kind: 'refused', why: found.message } : { kind: 'thrown', error: asError(error) }
}

/** Throws what `refusal` made of it. */
export function endingValue(ending: Ending): unknown {
  switch (ending.kind) {
    case 'done':
      return ending.value
    case 'refused':
      throw new Unavailable(ending.why)
    case 'damaged':
      throw new Damaged(ending.file, ending.why)
    case 'thrown':
      throw ending.error
  }
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

const isLeft = (log: string): boolean => (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0

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
  if (!existsSync(file)) {
    // Its log would be played into the new file.
    if (isLeft(`${file}-wal`) && !existsSync(file)) throw new Damaged(file, 'it is missing, and its log is there')
    create(file, schema)
  }
  if (statSync(file).size === 0) throw new Damaged(file, 'it is empty')
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
    // The file's log is opened by its name, at the first look: now, so that it is never the log of a file that takes the place of this one.
    connection.exec('PRAGMA user_version')
    connection.exec('PRAGMA busy_timeout = 0')
    return connection
  } catch (error) {
    throw engineError(file, error)
  }
}
