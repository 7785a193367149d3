import type { Sql } from '../../lib/engine/sqlite/connection/connection'
import { defineProgram, type Program } from '../../lib/engine/sqlite/program'
import { fractionsFrom } from '../random'

const SCHEMA = [
  `CREATE TABLE head (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, bulk INTEGER NOT NULL);
   CREATE TABLE writes (place INTEGER PRIMARY KEY, writer INTEGER NOT NULL, number INTEGER NOT NULL, octets BLOB NOT NULL);
   CREATE TABLE writers (writer INTEGER PRIMARY KEY, writes INTEGER NOT NULL, numbers INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE bulk (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
   INSERT INTO head VALUES (1, 0, 0)`,
]

/** Writes before the last so many are taken out again. */
const KEPT = 100
const BULK_SIZE = 3000

/** The octets that a write puts there. */
function octetsOf(writer: number, number: number): Uint8Array {
  const next = fractionsFrom(writer * 1_000_003 + number)
  const size = next() < 0.15 ? 20_000 + next() * 80_000 : next() * 3000
  const octets = new Uint8Array(Math.floor(size))
  let state = Math.floor(next() * 2 ** 31)
  for (let at = 0; at < octets.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    octets[at] = state >> 16
  }
  return octets
}

interface Head {
  readonly last: number
  readonly bulk: number
}
const headOf = (sql: Sql): Head => sql.get<Head>('SELECT last, bulk FROM head') ?? { last: -1, bulk: -1 }

/** Takes the next place in the order of commits. */
function place(sql: Sql, writer: number, number: number): number {
  const next = headOf(sql).last + 1
  sql.run('UPDATE head SET last = ?', next)
  sql.run('INSERT INTO writes VALUES (?, ?, ?, ?)', next, writer, number, octetsOf(writer, number))
  sql.run('DELETE FROM writes WHERE place <= ?', next - KEPT)
  sql.run(
    `INSERT INTO writers VALUES (?, 1, ?) ON CONFLICT (writer) DO UPDATE SET writes = writes + 1, numbers = numbers + excluded.numbers`,
    ...[writer, number],
  )
  return next
}

/** Writes that each take a place in one order, so that it can be told which are missing. Each returns its place. */
export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  write: (writer: number, number: number): number => place(sql, writer, number),
  /** The file grows. */
  grow(writer: number, number: number, rows: number): number {
    const from = headOf(sql).bulk
    for (let row = 0; row < rows; row++) {
      sql.run('INSERT INTO bulk VALUES (?, zeroblob(?))', from + row, BULK_SIZE)
    }
    sql.run('UPDATE head SET bulk = ?', from + rows)
    return place(sql, writer, number)
  },
  /** Pages of the file become free. */
  shrink(writer: number, number: number): number {
    sql.run('DELETE FROM bulk')
    sql.run('UPDATE head SET bulk = 0')
    return place(sql, writer, number)
  },
  /** For as long as that, in a transaction. */
  hold(milliseconds: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
  },
}))

export type Numbered = typeof program extends Program<infer Ops> ? Ops : never

interface Written {
  readonly place: number
  readonly writer: number
  readonly number: number
  readonly octets: unknown
}

/** @returns what is wrong with a file in itself, and the last place in it */
export function lookAt(sql: Sql): {
  readonly last: number
  readonly writes: readonly Written[]
  readonly faults: string[]
} {
  const faults: string[] = []
  for (const row of sql.all<{ integrity_check: string }>('PRAGMA integrity_check')) {
    if (row.integrity_check !== 'ok') faults.push(`integrity: ${row.integrity_check}`)
  }
  const { last, bulk } = headOf(sql)
  const writes = sql.all<Written>('SELECT place, writer, number, octets FROM writes ORDER BY place')
  const first = Math.max(1, last - KEPT + 1)
  if (writes.length !== last - first + 1) faults.push(`${writes.length} writes, from ${first} to ${last}`)
  for (const [index, { place, writer, number, octets }] of writes.entries()) {
    if (place !== first + index) faults.push(`at ${first + index} there is ${place}`)
    // A flipped octet may have made it a number, or nothing.
    if (!(octets instanceof Uint8Array) || Buffer.compare(octets, octetsOf(writer, number)) !== 0)
      faults.push(`the octets of ${place} are others`)
  }
  const total = sql.get<{ total: number | null }>('SELECT sum(writes) AS total FROM writers')?.total ?? 0
  if (total !== last) faults.push(`${total} writes of all writers, the last is ${last}`)
  const rows = sql.get<{ rows: number }>('SELECT count(*) AS rows FROM bulk')?.rows
  if (rows !== bulk) faults.push(`${rows} rows of ${bulk}`)
  return { last, writes, faults }
}
