import { textOf } from '../../../terms/errors'
import type { Connection, ConnectionOptions } from './connection'

/** node:sqlite where it is good enough, else the package with the same API. */
interface Binding {
  readonly name: string
  readonly version: string
  readonly DatabaseSync: new (file: string, options?: ConnectionOptions) => Connection
}

/**
 * Before it a write-ahead log that several connections write and checkpoint could be damaged (sqlite.org/wal.html, "The WAL-Reset Bug"),
 * and a checkpoint could not be asked how long the log is.
 */
const LEAST = [3, 51, 3] as const

/** @param version as sqlite_version() says it */
export function isNewEnough(version: string): boolean {
  const numbers = version.split('.').map(Number)
  const different = LEAST.findIndex((least, index) => numbers[index] !== least)
  return different === -1 || (numbers[different] ?? 0) > (LEAST[different] ?? 0)
}

/** Node 22 says at each start that its module is experimental: nothing that an operator could do anything about. */
function withoutWarning<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** What a module is missing; undefined: it is good enough. The version of Node says nothing about it: the library is asked. */
function look(name: string): Binding | string {
  try {
    const { DatabaseSync } = withoutWarning(() => require(name))
    const connection: Connection = new DatabaseSync(':memory:')
    try {
      const row = connection.prepare('SELECT sqlite_version() AS version').get()
      const version = typeof row === 'object' && row !== null && 'version' in row ? String(row.version) : '0'
      if (!isNewEnough(version)) return `${name} has SQLite ${version}, which can damage a shared log`
      connection.exec('CREATE VIRTUAL TABLE probe USING fts5(text)')
      return { name, version, DatabaseSync }
    } finally {
      connection.close()
    }
  } catch (error) {
    return `${name}: ${textOf(error)}`
  }
}

let found: Binding | undefined

/** Throws when there is no SQLite that can be used, in words for the operator. */
export function binding(): Binding {
  if (found) return found
  const faults: string[] = []
  for (const name of ['node:sqlite', '@photostructure/sqlite']) {
    const looked = look(name)
    if (typeof looked !== 'string') {
      found = looked
      return looked
    }
    faults.push(looked)
  }
  throw new Error(
    `no SQLite 3.51.3 or newer with FTS5 was found (${faults.join('; ')}): install this package again without --omit, or use a newer Node`,
  )
}
