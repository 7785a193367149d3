import path from 'node:path'
import { closeConnection } from '../../engine/sqlite/connection/close'
import { type Connection, type OwnSql, type Sql, sqlOn, type Value } from '../../engine/sqlite/connection/connection'
import { openConnection } from '../../engine/sqlite/connection/open'
import { openDatabase } from '../../engine/sqlite/database'
import { engineError } from '../../engine/sqlite/errors'
import type { Durability, LaneSettings } from '../../engine/sqlite/program'
import { Contradiction, isUnavailable } from '../../terms/errors'
import { type Log, silentLog } from '../../terms/ports'
import { createHealth, type Health } from '../health'
import { StoreUnavailable } from '../store'
import { openUnflushed } from './unflushed'
import { type MailOperations, program } from './write/program'

/** The file of all accounts and their mail: read here, written in the writer thread. */
export interface Mail {
  /** absolute */
  readonly file: string
  /** What is committed at the moment of each call. Throws StoreUnavailable. */
  readonly read: Sql
  /** of `write` */
  readonly health: Health
  /**
   * Rejects with StoreUnavailable.
   * @param how `durable` (default): it is on the disk when it resolves
   * @param moved buffers of `values` that are given away
   */
  write<K extends keyof MailOperations>(
    name: K,
    values: Parameters<MailOperations[K]>,
    how?: Durability,
    moved?: readonly ArrayBuffer[],
  ): Promise<Awaited<ReturnType<MailOperations[K]>>>
  /** Long reads, one after the other, on a connection of their own: in a transaction they may take turns. Its errors are the engine's. */
  apart<T>(run: (sql: Sql) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The engine's errors in the words of the store; others as they are. */
export function asUnavailable(file: string, error: unknown): Error {
  const found = engineError(file, error)
  return isUnavailable(found) ? new StoreUnavailable(found.message) : found
}

/** Who looks for the reason has to know whose mail it is. @param values of the operation that failed */
function ofAccount(values: readonly unknown[], error: Error): Error {
  if (!(error instanceof Contradiction)) return error
  const [first] = values
  const account = typeof first === 'object' && first !== null && 'account' in first ? first.account : first
  return typeof account === 'number' ? new Contradiction(`${error.message} (account ${account})`) : error
}

/** Statements of a connection that may be closed. Their errors are StoreUnavailable. */
export function reading(file: string, sql: Sql, isClosed: () => boolean): Sql {
  function run<T>(ask: () => T): T {
    if (isClosed()) throw new StoreUnavailable('the mail store is closed')
    try {
      return ask()
    } catch (error) {
      throw asUnavailable(file, error)
    }
  }
  return {
    get: <R>(text: string, ...values: readonly Value[]) => run(() => sql.get<R>(text, ...values)),
    all: <R>(text: string, ...values: readonly Value[]) => run(() => sql.all<R>(text, ...values)),
    columns: <R extends readonly unknown[]>(text: string, ...values: readonly Value[]) =>
      run(() => sql.columns<R>(text, ...values)),
    run: (text, ...values) => run(() => sql.run(text, ...values)),
    exec: (text) => run(() => sql.exec(text)),
  }
}

/**
 * @param folder made when it is missing
 * @param boot of this machine, for tests another one
 * @param engine how the file is grouped, flushed and written back
 * Rejects with StoreUnavailable.
 */
export async function openMail(
  folder: string,
  log: Log = silentLog,
  boot?: string,
  engine: Partial<LaneSettings> = {},
): Promise<Mail> {
  const file = path.resolve(folder, 'mail.sqlite')
  const database = await openDatabase(file, program, { settings: engine }).catch((error: unknown) => {
    throw asUnavailable(file, error)
  })
  const unflushed = await openUnflushed(database, log, boot).catch(async (error: unknown) => {
    await database.close()
    throw asUnavailable(file, error)
  })
  const health = createHealth()
  let closed = false
  let aside: { readonly connection: Connection; readonly sql: OwnSql } | undefined
  let before: Promise<unknown> = Promise.resolve()
  return {
    file,
    read: reading(file, database.read, () => closed),
    health,
    write: (name, values, how = 'durable', moved) => {
      if (closed) return Promise.reject(new StoreUnavailable('the mail store is closed'))
      const write = () => database.write(name, values, how, moved)
      return health.watch(() => {
        const marking = unflushed.mark()
        return (marking === undefined ? write() : marking.then(write)).catch((error: unknown) => {
          throw ofAccount(values, asUnavailable(file, error))
        })
      })
    },
    apart(run) {
      const done = before.then(() => {
        if (closed) throw new StoreUnavailable('the mail store is closed')
        if (!aside) {
          const connection = openConnection(file)
          aside = { connection, sql: sqlOn(connection) }
        }
        return run(aside.sql)
      })
      before = done.catch(() => undefined)
      return done
    },
    async close() {
      if (closed) return
      closed = true
      await before
      if (aside) closeConnection(aside.connection, aside.sql)
      await unflushed.unmark().catch(() => undefined)
      await database.close()
    },
  }
}
