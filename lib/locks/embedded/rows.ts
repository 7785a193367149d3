import { crc32 } from 'node:zlib'
import type { Sql } from '../../engine/sqlite/connection/connection'
import { Damaged } from '../../engine/sqlite/errors'
import { type AccountRecord, emptyRecord } from '../record'
import { bucketOf, decodeState, encodeState, newState, setSum, sumOf, type TableState } from './state'

/**
 * `used`: holders and waiters. Rows of nobody are kept for their fences, some of each bucket. The bucket -1 has one row, the state: in
 * the same table, so that a small one is one page.
 */
export const SCHEMA = `
CREATE TABLE accounts (bucket INTEGER, account TEXT, used INTEGER NOT NULL, record NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (bucket, account)) WITHOUT ROWID;
INSERT INTO accounts VALUES (-1, '', 0, x'${encodeState(newState()).toString('hex')}', 0)`

const STATE = "SELECT record FROM accounts WHERE bucket = -1 AND account = ''"
const PUT_STATE = "UPDATE accounts SET record = ? WHERE bucket = -1 AND account = ''"
const ADD = 'INSERT INTO accounts (used, record, checksum, bucket, account) VALUES (?, ?, ?, ?, ?)'
const CHANGE = 'UPDATE accounts SET used = ?, record = ?, checksum = ? WHERE bucket = ? AND account = ?'
/** One row: the cheapest of what the engine can be asked. */
const BUCKET = `SELECT (${STATE}) AS state, sum(checksum) AS sum, sum(used = 0) AS unused,
  max(iif(account = ?, record, NULL)) AS record, max(iif(account = ?, checksum, NULL)) AS checksum FROM accounts WHERE bucket = ?`

/** Rows of nobody that a bucket keeps: they are looked at with the others. */
const MOST_UNUSED = 6

const checksumOf = (account: string, record: string): number => crc32(record, crc32(account))

/** A record that is not what was written would let in two. */
function whole(account: string, record: unknown, checksum: unknown, file: string): AccountRecord {
  if (typeof record !== 'string' || checksumOf(account, record) !== checksum)
    throw new Damaged(file, `record of account ${account}`)
  return JSON.parse(record)
}

/** Throws `Damaged`. */
export const readState = (sql: Sql, file: string, seen = 0): TableState =>
  decodeState(sql.get<{ record: unknown }>(STATE)?.record, file, seen)

export function writeState(sql: Sql, state: TableState): void {
  state.acts += 1
  sql.run(PUT_STATE, encodeState(state))
}

/** As it stands there: whether something is missing is for those to find who change it. */
export function recordOf(sql: Sql, account: string, file: string): AccountRecord | undefined {
  const row = sql.get<{ record: unknown; checksum: unknown }>(
    'SELECT record, checksum FROM accounts WHERE bucket = ? AND account = ?',
    bucketOf(account),
    account,
  )
  return row && whole(account, row.record, row.checksum, file)
}

export type Place = readonly [bucket: number, account: string]
export const BEFORE_ALL: Place = [-1, '']

/** Of accounts in use. @returns `last`: where the next ones follow; undefined: there are no more */
export function recordsAfter(sql: Sql, after: Place, most: number, file: string) {
  const rows = sql.columns<[number, string, unknown, unknown]>(
    `SELECT bucket, account, record, checksum FROM accounts WHERE (bucket, account) > (?, ?) AND used > 0
     ORDER BY bucket, account LIMIT ?`,
    ...after,
    most,
  )
  const records = rows.map(([, account, record, checksum]): [string, AccountRecord] => [
    account,
    whole(account, record, checksum, file),
  ])
  const [bucket, account] = (rows.length === most && rows.at(-1)) || []
  const last: Place | undefined = bucket === undefined || account === undefined ? undefined : [bucket, account]
  return { records, last }
}

/** The record of one account, in a transaction that may change it. */
export interface OpenRecord {
  readonly state: TableState
  readonly record: AccountRecord
  /** @returns whether there was anything to write */
  write(): boolean
}

interface BucketRow {
  readonly state: unknown
  readonly sum: number | null
  readonly unused: number | null
  readonly record: unknown
  readonly checksum: number | null
}

/** Throws `Damaged` when the rows of its bucket are not all there, so that no account is free because its row is lost. */
export function openRecord(sql: Sql, account: string, file: string, seen: number): OpenRecord {
  const bucket = bucketOf(account)
  const row = sql.get<BucketRow>(BUCKET, account, account, bucket)
  const state = decodeState(row?.state, file, seen)
  const { sum, unused, record: text, checksum: known } = row ?? {}
  if (Number(sum) % 2 ** 32 !== sumOf(state, bucket)) throw new Damaged(file, 'records of accounts are missing')
  // Of one whose row was given up, and of a new one: above all fences that anybody was given.
  const record: AccountRecord =
    known === null
      ? { ...emptyRecord(), fence: state.fence, lastAccess: 'exclusive' }
      : whole(account, text, known, file)
  const before = known === null ? JSON.stringify(record) : text

  /** @returns the sum of what is left */
  function giveUpUnused(): number {
    sql.run('DELETE FROM accounts WHERE bucket = ? AND used = 0 AND account <> ?', bucket, account)
    return (
      sql.get<{ sum: number | null }>('SELECT sum(checksum) AS sum FROM accounts WHERE bucket = ?', bucket)?.sum ?? 0
    )
  }

  return {
    state,
    record,
    write() {
      const after = JSON.stringify(record)
      if (after === before) return false
      const others = (Number(unused) > MOST_UNUSED ? giveUpUnused() : Number(sum)) - Number(known)
      const checksum = checksumOf(account, after)
      const used = record.holders.length + record.waiters.length
      setSum(state, bucket, (others + checksum) % 2 ** 32)
      state.fence = Math.max(state.fence, record.fence)
      sql.run(known === null ? ADD : CHANGE, used, after, checksum, bucket, account)
      writeState(sql, state)
      return true
    },
  }
}
