import type { PoolClient, QueryResult } from 'pg'
import { leapStatements } from '../gaps'

/**
 * What the server answered last may be gone when it ends without a shutdown: killed, without power, or a backend that died (then it
 * recovers, and its start time stays); and when a replica takes over. Each of them empties tables that are not logged, so the
 * row of one of them says that nothing was lost. It is looked at in every statement that tells a mod-sequence and in the first
 * of every write: a pooler hides that connections were lost.
 */

/** A column of statements that tell mod-sequences; `lookForCrash` looks at it. */
export const NOT_CRASHED = 'EXISTS (SELECT FROM mailbox.not_crashed) AS not_crashed'

/** Thrown before anything is told or done: leap, and try again. */
export class Crashed extends Error {
  override readonly name = 'Crashed'
}

export function lookForCrash(rows: readonly { readonly not_crashed?: unknown }[]): void {
  if (rows[0]?.not_crashed === false) throw new Crashed('the database server has crashed')
}

/** milliseconds for all mailboxes of all accounts: a million are written in half a minute */
const PATIENCE = 600_000

/** Whoever is first leaps; the others wait at its row, and find it. */
const FIRST = 'INSERT INTO mailbox.not_crashed VALUES (1) ON CONFLICT DO NOTHING'

/** Every mailbox leaps, once after each crash. @returns how many; undefined: another did it */
export async function leap(client: PoolClient): Promise<number | undefined> {
  const ask = (text: string): Promise<QueryResult> => client.query(Object.assign({ text }, { query_timeout: PATIENCE }))
  await ask('BEGIN; SET LOCAL statement_timeout = 0')
  const first = await ask(FIRST)
  let count: number | undefined
  if (first.rowCount === 1) for (const text of leapStatements('mailbox.')) count = (await ask(text)).rowCount ?? 0
  await ask('COMMIT')
  return count
}
