import { Pool, type QueryResultRow } from 'pg'
import { textOf, Unavailable } from '../../../terms/errors'
import { ok } from '../../../terms/fault'
import type { Log } from '../../../terms/ports'
import type { Credential, SecondFactorState, Sessions } from '../sessions'
import { FRESH, keyOf, newSecret, tooMany } from './secrets'

export interface PostgresSessionsOptions {
  /** may hold a password: never logged */
  readonly url: string
  /** milliseconds */
  readonly connectTimeout: number
  readonly statementTimeout: number
  readonly log: Log
}

/**
 * Beside the mail's own schema, whose versions these two tables do not follow. Hosts that start at once make them one after
 * another: several statements in one query are one transaction, and "IF NOT EXISTS" alone fails when two look at once.
 */
const TABLES = `
SELECT pg_advisory_xact_lock(hashtext('mailbox_web'));
CREATE SCHEMA IF NOT EXISTS mailbox_web;
CREATE TABLE IF NOT EXISTS mailbox_web.credentials (
  key text PRIMARY KEY,
  id text NOT NULL UNIQUE,
  account text NOT NULL,
  attributes jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS credentials_account ON mailbox_web.credentials (account);
CREATE TABLE IF NOT EXISTS mailbox_web.second_factors (account text PRIMARY KEY, state jsonb NOT NULL)`
const CONNECTIONS = 3

/** In the database that holds the mail: any host of it may get any request. */
export async function openPostgresSessions(options: PostgresSessionsOptions): Promise<Sessions> {
  const { log } = options
  const pool = new Pool({
    connectionString: options.url,
    max: CONNECTIONS,
    connectionTimeoutMillis: options.connectTimeout,
    query_timeout: options.statementTimeout,
    keepAlive: true,
    application_name: 'haraka-mailbox web',
  })
  // Without listeners the death of a connection would kill the process; the next use takes another.
  const lost = (error: Error): void => log.debug(`web sessions: a connection was lost: ${error.message}`)
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))

  async function guarded<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      throw new Unavailable(`web sessions cannot be read: ${textOf(error)}`)
    }
  }
  interface CredentialRow {
    readonly attributes: Credential
  }
  const rows = (text: string, values: readonly unknown[] = []): Promise<Credential[]> =>
    guarded(async () => (await pool.query<CredentialRow>(text, [...values])).rows.map(({ attributes }) => attributes))

  type Query = <R extends QueryResultRow>(text: string, values: readonly unknown[]) => Promise<R[]>
  const transaction = <T>(run: (query: Query) => Promise<T>): Promise<T> =>
    guarded(async () => {
      const client = await pool.connect()
      let broken = true
      try {
        await client.query('BEGIN')
        const query: Query = async (text, values) => (await client.query(text, [...values])).rows
        const value = await run(query)
        await client.query('COMMIT')
        broken = false
        return value
      } finally {
        client.release(broken)
      }
    })

  try {
    await guarded(() => pool.query(TABLES))
  } catch (error) {
    await pool.end()
    throw error
  }

  return {
    async create(given, most) {
      const { secret, key, credential } = newSecret(given)
      const isMade = await transaction(async (query) => {
        if (most !== undefined) {
          // Two who count at once would both find room.
          await query("SELECT pg_advisory_xact_lock(hashtext('mailbox_web ' || $1))", [given.account])
          const look = "SELECT id FROM mailbox_web.credentials WHERE account = $1 AND attributes->>'kind' = $2"
          if ((await query(look, [given.account, given.kind])).length >= most) return false
        }
        const text = 'INSERT INTO mailbox_web.credentials (key, id, account, attributes) VALUES ($1, $2, $3, $4)'
        await query(text, [key, credential.id, credential.account, JSON.stringify(credential)])
        return true
      })
      return isMade || most === undefined ? ok({ secret, credential }) : tooMany(most, given)
    },
    find: async (secret) =>
      (await rows('SELECT attributes FROM mailbox_web.credentials WHERE key = $1', [keyOf(secret)]))[0],
    get: async (id) => (await rows('SELECT attributes FROM mailbox_web.credentials WHERE id = $1', [id]))[0],
    async update(id, patch) {
      const text = 'UPDATE mailbox_web.credentials SET attributes = attributes || $2::jsonb WHERE id = $1'
      await rows(text, [id, JSON.stringify(patch)])
    },
    remove: async (id) =>
      (await rows('DELETE FROM mailbox_web.credentials WHERE id = $1 RETURNING attributes', [id])).length > 0,
    list: (account) =>
      account === undefined
        ? rows('SELECT attributes FROM mailbox_web.credentials')
        : rows('SELECT attributes FROM mailbox_web.credentials WHERE account = $1', [account]),
    secondFactor: (account) =>
      guarded(async () => {
        const look = 'SELECT state FROM mailbox_web.second_factors WHERE account = $1'
        return (await pool.query<{ state: SecondFactorState }>(look, [account])).rows[0]?.state ?? FRESH
      }),
    changeSecondFactor: (account, change) =>
      transaction(async (query) => {
        const make = 'INSERT INTO mailbox_web.second_factors VALUES ($1, $2) ON CONFLICT DO NOTHING'
        await query(make, [account, JSON.stringify(FRESH)])
        const look = 'SELECT state FROM mailbox_web.second_factors WHERE account = $1 FOR UPDATE'
        const [row] = await query<{ state: SecondFactorState }>(look, [account])
        const [after, said] = change(row?.state ?? FRESH)
        const write = 'UPDATE mailbox_web.second_factors SET state = $2 WHERE account = $1'
        await query(write, [account, JSON.stringify(after)])
        return said
      }),
    close: () => pool.end(),
  }
}
