import { textOf } from '../../terms/errors'
import type { Connection, ConnectionOptions } from './connection'

/** node:sqlite where it is good enough, else the package with the same API. */
interface Binding {
  readonly name: string
  readonly version: string
  readonly DatabaseSync: new (file: string, options?: ConnectionOptions) => Connection
}

/**
 * Versions before these can damage a write-ahead log that several connections write and checkpoint (sqlite.org/wal.html, "The
 * WAL-Reset Bug"): the last number of each branch that has the mend.
 */
const MENDED: Readonly<Record<string, number>> = { '3.44': 6, '3.50': 7, '3.51': 3 }

/** @param version as sqlite_version() says it */
export function isMended(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (major !== 3) return major > 3
  const least = MENDED[`3.${minor}`]
  return least === undefined ? minor > 51 : patch >= least
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
      if (!isMended(version)) return `${name} has SQLite ${version}, which can damage a shared log`
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
