import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { openPostgresStore } from '../lib/store/postgres'
import type { Store } from '../lib/store/store'
import { silentLog } from '../lib/terms/ports'

/** The PostgreSQL that suites share; each takes a database of its own. */
const SERVER = process.env.MAILBOX_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres'

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

async function onServer(text: string): Promise<void> {
  const client = new Client({ connectionString: SERVER, connectionTimeoutMillis: 3000 })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/** An empty database; undefined, and a line that says so, where no server answers: the suite then skips. */
export async function databaseOrSkip(): Promise<TestDatabase | undefined> {
  const name = `mailbox_test_${randomBytes(6).toString('hex')}`
  try {
    await onServer(`CREATE DATABASE ${name}`)
  } catch {
    console.log('      no PostgreSQL at MAILBOX_TEST_POSTGRES: skipped')
    return undefined
  }
  const url = new URL(SERVER)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

export const openTestStore = ({ url }: TestDatabase): Promise<Store> =>
  openPostgresStore({ url, maxConnections: 8, connectTimeout: 5000, statementTimeout: 30_000, log: silentLog })
