import { crc32 } from 'node:zlib'
import type { Sql } from '../../engine/sqlite/connection'
import { Damaged } from '../../engine/sqlite/errors'
import { defineProgram } from '../../engine/sqlite/program'
import { runs } from '../../processes/identity'
import { type Answer, decide, type Question } from '../decisions'
import { type AccountRecord, emptyRecord } from '../record'

/**
 * `until`: when a process counts as dead, in milliseconds of the host's monotonic clock. `begun`: of that clock, when the first process
 * asked whether the table is settled.
 */
const SCHEMA = [
  `
CREATE TABLE accounts (account TEXT PRIMARY KEY, used INTEGER NOT NULL, record TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE processes (process TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE state (settled INTEGER NOT NULL, begun INTEGER);
INSERT INTO state VALUES (0, NULL)`,
]

/** One clock for all processes of the host, which nobody sets: a clock that is set must not make a process look dead. */
const monotonic = (): number => Number(process.hrtime.bigint() / 1_000_000n)

interface Row {
  readonly account: string
  readonly record: string
  readonly checksum: number
}

/** A record that is not what was written would let in two. */
function textOf({ account, record, checksum }: Row, file: string): string {
  if (crc32(record) !== checksum) throw new Damaged(file, `record of account ${account}`)
  return record
}

const rowOf = (sql: Sql, account: string): Row | undefined =>
  sql.get<Row>('SELECT account, record, checksum FROM accounts WHERE account = ?', account)

export function recordOf(sql: Sql, account: string, file: string): AccountRecord | undefined {
  const row = rowOf(sql, account)
  return row && JSON.parse(textOf(row, file))
}

/** Of accounts in use, in the order of their names. */
export const recordsAfter = (sql: Sql, account: string, most: number, file: string): [string, AccountRecord][] =>
  sql
    .all<Row>(
      'SELECT account, record, checksum FROM accounts WHERE account > ? AND used > 0 ORDER BY account LIMIT ?',
      account,
      most,
    )
    .map((row) => [row.account, JSON.parse(textOf(row, file))])

/** Whether a process has shown life in time; undefined: the table does not know it. */
export function inTime(sql: Sql, process: string): boolean | undefined {
  const row = sql.get<{ until: number }>('SELECT until FROM processes WHERE process = ?', process)
  return row && row.until >= monotonic()
}

const FILE = 'the lock table'
const NO_RECORD = JSON.stringify(emptyRecord())

/** The lock table: each operation is a step that no process comes between. */
export const program = defineProgram(
  __filename,
  SCHEMA,
  (sql) => {
    let settled = false
    function isSettled(): boolean {
      settled ||= sql.get<{ settled: number }>('SELECT settled FROM state')?.settled === 1
      return settled
    }

    /** Who is found dead is not known any more, so that it hears of it should it still run. */
    function judge(self: string): (process: string) => boolean {
      const judged = new Map<string, boolean>([[self, true]])
      return (process) => {
        const known = judged.get(process)
        if (known !== undefined) return known
        const living = inTime(sql, process) === true && runs(process)
        if (!living) sql.run('DELETE FROM processes WHERE process = ?', process)
        judged.set(process, living)
        return living
      }
    }

    return {
      /**
       * @param now milliseconds since 1970
       * @returns undefined: nobody may be let in, because the table is not settled or does not know the process that asks
       */
      decide(account: string, question: Question, self: string, now: number): Answer | undefined {
        const letsIn = question.kind === 'claim' || question.kind === 'look-again'
        if (letsIn && !(isSettled() && inTime(sql, self))) return undefined
        const row = rowOf(sql, account)
        const before = row ? textOf(row, FILE) : NO_RECORD
        const record: AccountRecord = JSON.parse(before)
        const answer = decide(record, question, { now, living: judge(self) })
        const after = JSON.stringify(record)
        if (after !== before) {
          const used = record.holders.length + record.waiters.length
          sql.run('INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)', account, used, after, crc32(after))
        }
        return answer
      },

      /**
       * @param expiry milliseconds for which the process counts as alive from now on
       * @returns whether the table knew it: nobody has taken it for dead
       */
      renew(self: string, expiry: number): boolean {
        const until = monotonic() + expiry
        if (sql.run('UPDATE processes SET until = ? WHERE process = ?', until, self) > 0) return true
        sql.run('INSERT INTO processes VALUES (?, ?)', self, until)
        return false
      },

      forget(self: string): void {
        sql.run('DELETE FROM processes WHERE process = ?', self)
      },

      /**
       * Whether every process that may have leases of the table before this one has come to this one, or its leases are over.
       * @param others processes of this host that had locks open after this table was made; not all of them run
       * @param longest milliseconds after which a process that runs has come
       */
      settle(others: readonly string[], longest: number): boolean {
        if (isSettled()) return true
        const now = monotonic()
        sql.run('UPDATE state SET begun = ? WHERE begun IS NULL', now)
        const begun = sql.get<{ begun: number }>('SELECT begun FROM state')?.begun ?? now
        const missing = others.some((process) => inTime(sql, process) === undefined && runs(process))
        if (missing && now - begun < longest) return false
        sql.run('UPDATE state SET settled = 1')
        return true
      },
    }
  },
  { flushed: false },
)
