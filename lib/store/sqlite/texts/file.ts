import { randomUUID } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { closeConnection } from '../../../engine/sqlite/connection/close'
import { type Connection, type OwnSql, type Sql, sqlOn } from '../../../engine/sqlite/connection/connection'
import { openConnection } from '../../../engine/sqlite/connection/open'
import { type Database, openDatabase } from '../../../engine/sqlite/database'
import { Damaged, engineError } from '../../../engine/sqlite/errors'
import { isUnavailable, textOf } from '../../../terms/errors'
import type { Log } from '../../../terms/ports'
import { TEXT_FORMAT } from '../../texts'
import { program } from './program'

export type TextOperations = ReturnType<typeof program.operations>
export type TextDatabase = Database<TextOperations>

const formatOf = (sql: Sql): string | undefined => sql.get<{ format: string }>('SELECT format FROM facts')?.format

/** The file as those see it who only ask. */
export interface TextReader {
  /** What `ask` gives; undefined: there is no index that can be used. */
  read<T>(ask: (sql: Sql) => T): T | undefined
  close(): void
}

/** @param file it may not be there yet, and another one may take its place at any time */
export function createTextReader(file: string, log: Log): TextReader {
  let opened: { readonly connection: Connection; readonly sql: OwnSql; readonly inode: number } | undefined
  let complained = false

  function close(): void {
    if (opened) closeConnection(opened.connection, opened.sql)
    opened = undefined
  }

  function current(): Sql | undefined {
    const inode = statSync(file, { throwIfNoEntry: false })?.ino
    if (opened?.inode !== inode) close()
    if (inode === undefined) return undefined
    if (!opened) {
      const connection = openConnection(file)
      opened = { connection, sql: sqlOn(connection), inode }
    }
    return opened.sql
  }

  return {
    read(ask) {
      try {
        const sql = current()
        return sql && formatOf(sql) === TEXT_FORMAT ? ask(sql) : undefined
      } catch (error) {
        close()
        if (!complained) log.warn(`searches read all mail: ${textOf(engineError(file, error))}`)
        complained = true
        return undefined
      }
    },
    close,
  }
}

/** The log goes first: whoever finds it beside a new file would play it into that one. */
export function discard(file: string, why: unknown, log: Log): void {
  const fault = why instanceof Damaged ? `${file} is damaged (${why.why})` : textOf(why)
  log.warn(`${fault}: the text index is built anew`)
  for (const end of ['-wal', '-shm', '']) rmSync(file + end, { force: true })
}

/**
 * For the one process that builds: whatever is there and cannot be used is thrown away.
 * Rejects with `Unavailable` when the disk refuses.
 */
export async function openForBuilding(file: string, log: Log): Promise<TextDatabase> {
  const open = (): Promise<TextDatabase> => openDatabase(file, program, { check: true, background: true })
  let database: TextDatabase
  try {
    database = await open()
  } catch (error) {
    if (isUnavailable(error) && !(error instanceof Damaged)) throw error
    discard(file, error, log)
    database = await open()
  }
  const format = formatOf(database.read)
  if (format !== TEXT_FORMAT) {
    if (format !== '') log.info(`${file}: the text index is built anew, by other rules (${TEXT_FORMAT})`)
    await database.write('clear', [TEXT_FORMAT, randomUUID()], 'visible')
  }
  return database
}
