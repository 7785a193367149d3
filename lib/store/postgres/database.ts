import { createHash } from 'node:crypto'
import { Pool, type PoolClient, type QueryResultRow, TypeOverrides } from 'pg'
import { Contradiction, textOf } from '../../terms/errors'
import { ok, type Result } from '../../terms/fault'
import type { Log } from '../../terms/ports'
import type { Durability } from '../durability'
import { createHealth, type Health } from '../health'
import { StoreUnavailable } from '../store'
import { Crashed, leap, lookForCrash, NOT_CRASHED } from './crash'
import { codeOf, migrate } from './schema'

export interface PostgresOptions {
  /** `postgres://user@host:5432/database`; may hold a password, so it is never logged */
  readonly url: string
  readonly maxConnections: number
  /** milliseconds for a connection, and for one statement */
  readonly connectTimeout: number
  readonly statementTimeout: number
  /** commits of flags and the like are waited for as those of mail are */
  readonly flagsDurable?: boolean
  readonly log: Log
  /** as the server sees the connections; default `APPLICATION` */
  readonly application?: string
}

/** name of the connections of everybody who serves mail, by which `migrate` sees that a store is in use */
export const APPLICATION = 'haraka-mailbox'

type Values = readonly unknown[]

/** One transaction. */
export interface Session {
  query<R extends QueryResultRow>(text: string, values?: Values): Promise<R[]>
}

export interface Database {
  /** of `write` */
  readonly health: Health
  /** One statement, one round trip. */
  read<R extends QueryResultRow>(text: string, values?: Values): Promise<R[]>
  /** Several statements that see the same moment. */
  snapshot<T>(run: (session: Session) => Promise<T>): Promise<T>
  /**
   * One transaction of one account. Takes the account's row, which serialises the writes of all hosts, and runs `first`
   * (statements without parameters: numbers only) in the same round trip. A fault rolls back. Resolves when it is durable.
   * @param run may run again after a serialization failure or a connection that died before the commit
   * @param how `visible`: resolves at commit
   */
  write<T>(
    account: number,
    first: readonly string[],
    run: (session: Session, rows: readonly Record<string, unknown>[][]) => Promise<Result<T>>,
    how?: Durability,
  ): Promise<Result<T>>
  /** One statement of numbers only, in one round trip; resolves at commit. */
  visibly<R extends QueryResultRow>(text: string): Promise<R[]>
  close(): Promise<void>
}

const ATTEMPTS = 6
/** milliseconds after which nothing is tried again: somebody waits for the answer */
const PATIENCE = 5000
/** serialization_failure, deadlock_detected: again is what the manual says. */
const CONFLICTS = new Set(['40001', '40P01'])
/** A pooler in transaction mode that does not know named statements: missing, or there already. */
const UNNAMED = new Set(['26000', '42P05'])
/** SQLSTATE classes: a value that has not its form, a constraint. */
const CONTRADICTION = /^2[23]/
function contradictionOf(error: unknown, account: number | undefined): string {
  const table = typeof error === 'object' && error !== null && 'table' in error ? `, table ${error.table}` : ''
  return `mail store: ${textOf(error)}${table}${account === undefined ? '' : ` (account ${account})`}`
}
/** SQLSTATE classes: connection lost, operator intervention (shutdown, terminated). No code: the socket. */
const LOST = /^(|08...|57P0[0-9]|E[A-Z]+)$/

const INT8 = 20
const INT8_ARRAY = 1016
const types = new TypeOverrides()
types.setTypeParser(INT8, Number)
types.setTypeParser(INT8_ARRAY, (text: string) => text.slice(1, -1).split(',').filter(Boolean).map(Number))

const names = new Map<string, string>()
function nameOf(text: string): string {
  const known = names.get(text)
  if (known) return known
  const name = `mailbox_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  names.set(text, name)
  return name
}

/** Ends of a transaction that hangs in a dead or stopped process: the server lets its account go. Local to a transaction. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '30s'`
/** The server writes its log within three times `wal_writer_delay`, 0.6 s unless somebody changed it. */
const VISIBLE = 'SET LOCAL synchronous_commit = off'

/** Of several statements in one text, which the types of pg do not tell. */
const rowsOf = (results: unknown): Record<string, unknown>[][] =>
  (Array.isArray(results) ? results : []).map((result) => result.rows)

export async function openDatabase(options: PostgresOptions): Promise<Database> {
  const { log } = options
  const pool = new Pool({
    connectionString: options.url,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeout,
    query_timeout: options.statementTimeout,
    keepAlive: true,
    application_name: options.application ?? APPLICATION,
    types,
  })
  // A connection that dies is replaced by the next use. Without listeners its death would kill the process.
  const lost = (error: Error): void => log.debug(`mail store: a connection was lost: ${error.message}`)
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))
  let named = true
  let closed = false

  async function ask<R extends QueryResultRow>(client: PoolClient, text: string, values: Values): Promise<R[]> {
    const { rows } = await client.query<R>({ text, values: [...values], ...(named && { name: nameOf(text) }) })
    lookForCrash(rows)
    return rows
  }

  /** One try on a connection of its own; a connection that failed is not used again. */
  async function once<T>(run: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let broken = true
    try {
      const value = await run(client)
      broken = false
      return value
    } finally {
      client.release(broken)
    }
  }

  let leaping: Promise<void> | undefined
  function afterCrash(): Promise<void> {
    leaping ??= once(leap)
      .then((count) => {
        if (count !== undefined)
          log.warn(`mail store: the database server crashed or was replaced: ${count} mailboxes leapt`)
      })
      .finally(() => {
        leaping = undefined
      })
    return leaping
  }

  /** @param account for the message; @param committing whether the outcome is unknown, so that nothing may be done again */
  async function tries<T>(run: () => Promise<T>, committing: () => boolean, account?: number): Promise<T> {
    const began = performance.now()
    let crashed = false
    for (let attempt = 1; ; attempt++) {
      if (closed) throw new StoreUnavailable('the mail store is closed')
      try {
        if (crashed) await afterCrash()
        crashed = false
        return await run()
      } catch (error) {
        crashed ||= error instanceof Crashed
        const code = codeOf(error)
        if (UNNAMED.has(code)) {
          named = false
          log.info('mail store: a pooler that keeps no prepared statements; going on without them')
        }
        const conflict = error instanceof Crashed || CONFLICTS.has(code) || UNNAMED.has(code)
        // A commit that failed with a code was rolled back; one whose answer is missing may have happened.
        const again = conflict || (LOST.test(code) && !committing() && attempt < ATTEMPTS / 2)
        const late = attempt >= ATTEMPTS || performance.now() - began > PATIENCE
        if (CONTRADICTION.test(code)) throw new Contradiction(contradictionOf(error, account))
        if (!again || late) throw new StoreUnavailable(`the mail store cannot be used: ${textOf(error)}`)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt))
      }
    }
  }
  const never = (): boolean => false
  const health = createHealth()

  try {
    await migrate(pool)
    await tries(() => once((client) => ask(client, `SELECT ${NOT_CRASHED}`, [])), never)
  } catch (error) {
    await pool.end()
    throw new StoreUnavailable(`the mail store cannot be opened: ${textOf(error)}`)
  }

  return {
    health,
    read: (text, values = []) => tries(() => once((client) => ask(client, text, values)), never),
    snapshot: (run) =>
      tries(
        () =>
          once(async (client) => {
            await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
            const value = await run({ query: (text, values = []) => ask(client, text, values) })
            await client.query('COMMIT')
            return value
          }),
        never,
      ),
    write<T>(
      account: number,
      first: readonly string[],
      run: (session: Session, rows: readonly Record<string, unknown>[][]) => Promise<Result<T>>,
      how: Durability = 'durable',
    ): Promise<Result<T>> {
      let committing = false
      const begin = how === 'visible' && !options.flagsDurable ? [BEGIN, VISIBLE] : [BEGIN]
      const attempt = () =>
        once(async (client): Promise<Result<T>> => {
          committing = false
          const lock = `SELECT *, ${NOT_CRASHED} FROM mailbox.accounts WHERE account = ${account} FOR UPDATE`
          const results: unknown = await client.query([...begin, lock, ...first].join('; '))
          const rows = rowsOf(results).slice(1 + begin.length)
          lookForCrash(rows[0] ?? [])
          const result = await run({ query: (text, values = []) => ask(client, text, values) }, rows)
          committing = result.ok
          await client.query(result.ok ? 'COMMIT' : 'ROLLBACK')
          return result.ok ? ok(result.value) : result
        })
      return health.watch(() => tries(attempt, () => committing, account))
    },
    visibly<R extends QueryResultRow>(text: string): Promise<R[]> {
      if (options.flagsDurable) return tries(() => once((client) => ask<R>(client, text, [])), never)
      const attempt = async (client: PoolClient): Promise<R[]> => {
        // The columns that were asked for.
        return (rowsOf(await client.query(`BEGIN; ${VISIBLE}; ${text}; COMMIT`))[2] ?? []) as R[]
      }
      return tries(() => once(attempt), never)
    },
    async close() {
      if (closed) return
      closed = true
      await pool.end()
    },
  }
}
