import { setTimeout as pause } from 'node:timers/promises'
import { Pool, type PoolClient } from 'pg'
import { textOf, Unavailable } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import { createSockets } from './sockets'

/** Tables of one purpose, in a schema of their own beside the mail's. */
export interface Tables {
  readonly schema: string
  /** statements that make them where they are missing; several hosts may start at once */
  readonly make: string
}

export interface ServerOptions {
  /** may hold a password: never logged */
  readonly url: string
  /** what it is for, in the log and in the server's list of connections */
  readonly purpose: string
  readonly connections: number
  /** milliseconds for a connection, and for an answer */
  readonly patience: number
  readonly tables: Tables
  readonly log: Log
}

export type Row = Readonly<Record<string, unknown>>

/** What ends a transaction: statements without parameters, which go together with the COMMIT. */
interface Ending<T> {
  readonly last: readonly string[]
  readonly value: T
}

/** A PostgreSQL that keeps something beside the mail. Everything rejects with `Unavailable` when it cannot be used. */
export interface Server {
  /** One statement, which may run again when its answer was lost. */
  query<R extends Row>(text: string, values?: readonly unknown[]): Promise<R[]>
  /**
   * Two round trips: `first`, then what `end` makes of the rows of each. It may run again: after a deadlock, or a connection
   * that died before the end.
   * @param first statements without parameters
   */
  transaction<T>(first: readonly string[], end: (rows: readonly Row[][]) => Ending<T>): Promise<T>
  close(): Promise<void>
}

const TRIES = 5
/** serialization_failure, deadlock_detected; unique_violation: two made the same row */
const CONFLICTS = new Set(['40001', '40P01', '23505'])
/** undefined_table, invalid_schema_name: somebody has emptied the database */
const MISSING = new Set(['42P01', '3F000'])
/** Connection lost, shutdown, terminated; the socket's own codes. What `pg` finds itself has none. */
const LOST = /^(08...|57P0[0-9]|E[A-Z]+)$/
const isLost = (error: unknown): boolean =>
  LOST.test(codeOf(error)) || textOf(error).startsWith('Connection terminated')

/**
 * Who is stopped in the middle of a transaction loses it, and what it had locked. The commit does not wait for the disk: nothing of
 * this is mail.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '2s';
SET LOCAL synchronous_commit = off`
const OWN = BEGIN.split(';').length

/** SQLSTATE, or the socket's code; empty: none */
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code ?? '') : ''

/** Of several statements in one text, which the types of pg do not tell. */
const rowsOf = (results: unknown): Row[][] => (Array.isArray(results) ? results : []).map((result) => result.rows)

/** milliseconds in which connections say goodbye */
const GOODBYE = 1000

/** Does not wait for the server: it may come later. */
export function openServer({ url, purpose, connections, patience, tables, log }: ServerOptions): Server {
  const sockets = createSockets()
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: patience,
    query_timeout: patience,
    keepAlive: true,
    application_name: `haraka-mailbox ${purpose}`,
    stream: sockets.make,
  })
  // Without listeners the death of a connection would kill the process; the next use takes another.
  const lost = (error: Error): void => log.debug(`${purpose}: a connection to PostgreSQL was lost: ${error.message}`)
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))

  let made: Promise<unknown> | undefined
  async function make(): Promise<void> {
    const { rows } = await pool.query('SELECT to_regnamespace($1) IS NULL AS missing', [tables.schema])
    // Several statements in one query are one transaction; "IF NOT EXISTS" alone fails when two look at once.
    const text = `SELECT pg_advisory_xact_lock(hashtext('mailbox')); CREATE SCHEMA IF NOT EXISTS ${tables.schema}`
    if (rows[0]?.missing) await pool.query(`${text}; ${tables.make}`)
  }

  /** @param decided whether it is not known any more what happened, so that nothing is done again */
  async function tries<T>(run: (client: PoolClient) => Promise<T>, decided = () => false): Promise<T> {
    for (let left = TRIES; ; left--) {
      let client: PoolClient | undefined
      try {
        made ??= make()
        await made
        client = await pool.connect()
        const value = await run(client)
        client.release()
        return value
      } catch (error) {
        client?.release(true)
        const code = codeOf(error)
        if (!client || MISSING.has(code)) made = undefined
        const again = CONFLICTS.has(code) || MISSING.has(code) || (client && isLost(error) && !decided())
        if (!again || left === 1) throw new Unavailable(`${purpose}: PostgreSQL cannot be used: ${textOf(error)}`)
        await pause(Math.random() * 20)
      }
    }
  }

  return {
    query: <R extends Row>(text: string, values: readonly unknown[] = []) =>
      tries(async (client) => (await client.query<R>(text, [...values])).rows),
    transaction<T>(first: readonly string[], end: (rows: readonly Row[][]) => Ending<T>): Promise<T> {
      let committing = false
      return tries(
        async (client) => {
          committing = false
          const rows = rowsOf(await client.query([BEGIN, ...first].join('; '))).slice(OWN)
          const { last, value } = end(rows)
          committing = true
          await client.query([...last, 'COMMIT'].join('; '))
          return value
        },
        () => committing,
      )
    },
    async close() {
      await Promise.race([pool.end(), pause(GOODBYE, undefined, { ref: false })]).catch(() => undefined)
      sockets.destroy()
    },
  }
}
