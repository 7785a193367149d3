import type { Sql } from '../../../engine/sqlite/connection/connection'
import { defineProgram } from '../../../engine/sqlite/program'
import { matchable } from './tokens'

/**
 * The file of the text index. One row a message in a table of FTS5, by `messages.id` of the mail: its grams, in place of words. FTS5
 * keeps for each gram which messages have it, and neither texts nor where in them (`detail=none`, contentless); rows go by their id.
 */
const SCHEMA: readonly string[] = [
  `
CREATE VIRTUAL TABLE texts USING fts5(grams, content='', contentless_delete=1, detail=none, tokenize='ascii');
INSERT INTO texts (texts, rank) VALUES ('hashsize', 4194304);
-- a segment is written anew when so many per cent of it were removed: at the 10 that FTS5 has, an account that goes costs a minute
INSERT INTO texts (texts, rank) VALUES ('deletemerge', 50);
-- messages of an account up to this number are in the index, or gone, or not to be read; forgotten: how often it was begun anew
CREATE TABLE indexed (account INTEGER PRIMARY KEY, upto INTEGER NOT NULL, forgotten INTEGER NOT NULL);
-- too large, or too much work: every search reads them
CREATE TABLE unreadable (id INTEGER PRIMARY KEY);
-- format: what is in here was made by these rules; made: another one after all was thrown away; removed: milliseconds since 1970 of
-- the first removal whose grams may still be in the file
CREATE TABLE facts (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  format TEXT NOT NULL,
  made TEXT NOT NULL,
  messages INTEGER NOT NULL,
  removed INTEGER
);
INSERT INTO facts VALUES (1, '', '', 0, NULL)`,
]

/** Messages of one account, ascending. */
export interface Batch {
  readonly account: number
  /** all messages up to here are done then */
  readonly upto: number
  /** `messageKey` */
  readonly ids: readonly bigint[]
  /** where the grams of each end, in those of all; the same as before: it is unreadable */
  readonly ends: readonly number[]
  readonly grams: Uint32Array<ArrayBuffer>
}

/** Rows that are removed at once. */
const REMOVED = 500

const uptoOf = (sql: Sql, account: number): number =>
  sql.get<{ upto: number }>('SELECT upto FROM indexed WHERE account = ?', account)?.upto ?? 0

const changesOf = (sql: Sql): number => sql.get<{ changes: number }>('SELECT total_changes() AS changes')?.changes ?? 0

/**
 * @param pages to be written; negative: begins to write all anew, without what was removed
 * @returns whether there was something to do: else FTS5 changes one row (sqlite.org/fts5.html, "The 'merge' Command")
 */
function merge(sql: Sql, pages: number): boolean {
  const before = changesOf(sql)
  sql.run(`INSERT INTO texts (texts, rank) VALUES ('merge', ?)`, BigInt(pages))
  return changesOf(sql) - before > 1
}

/** Searches do not find them from then on; their grams go when FTS5 writes anew what it has of them. */
function removeRows(sql: Sql, ids: readonly bigint[], now: number): void {
  let count = 0
  for (const id of ids) {
    if (!sql.get('SELECT 1 FROM texts_docsize WHERE id = ?', id)) continue
    sql.run('DELETE FROM texts WHERE rowid = ?', id)
    count += 1
  }
  if (count > 0) sql.run('UPDATE facts SET messages = messages - ?, removed = coalesce(removed, ?)', count, now)
}

const operations = (sql: Sql) => ({
  /** @param after where the index ended when the messages were read; if it does not any more, somebody else was quicker */
  add({ account, upto, ids, ends, grams }: Batch, after: number): void {
    if (uptoOf(sql, account) !== after) return
    let start = 0
    let count = 0
    for (const [nth, id] of ids.entries()) {
      const end = ends[nth] ?? start
      if (end === start) sql.run('INSERT OR IGNORE INTO unreadable VALUES (?)', id)
      else sql.run('INSERT INTO texts (rowid, grams) VALUES (?, ?)', id, matchable(grams.subarray(start, end)))
      if (end > start) count += 1
      start = end
    }
    const reached = 'INSERT INTO indexed VALUES (?, ?, 0) ON CONFLICT (account) DO UPDATE SET upto = excluded.upto'
    sql.run(reached, account, upto)
    sql.run('UPDATE facts SET messages = messages + ?', count)
  },

  remove(ids: readonly bigint[], now: number): void {
    removeRows(sql, ids, now)
    for (const id of ids) sql.run('DELETE FROM unreadable WHERE id = ?', id)
  },

  /** Some of an account. @returns whether it is to be called again */
  forget(account: number, now: number): boolean {
    sql.run('UPDATE indexed SET upto = 0, forgotten = forgotten + 1 WHERE account = ?', account)
    const range = [BigInt(account) << 32n, BigInt(account + 1) << 32n] as const
    sql.run('DELETE FROM unreadable WHERE id >= ? AND id < ?', ...range)
    // As text: a number may be too large for JavaScript.
    const text = `SELECT cast(id AS TEXT) FROM texts_docsize WHERE id >= ? AND id < ? LIMIT ${REMOVED}`
    const rows = sql.columns<[string]>(text, ...range)
    removeRows(
      sql,
      rows.map(([id]) => BigInt(id)),
      now,
    )
    return rows.length === REMOVED
  },

  clear(format: string, made: string): void {
    sql.run(`INSERT INTO texts (texts) VALUES ('delete-all')`)
    sql.run('DELETE FROM indexed')
    sql.run('DELETE FROM unreadable')
    sql.run('UPDATE facts SET format = ?, made = ?, messages = 0, removed = NULL', format, made)
  },

  /**
   * A step of joining what FTS5 has in pieces.
   * @param before what was removed before then goes out of the file: all is written anew, step by step
   * @returns whether there was something to do
   */
  tidy(pages: number, before: number): boolean {
    if (merge(sql, pages)) return true
    const { removed } = sql.get<{ removed: number | null }>('SELECT removed FROM facts') ?? { removed: null }
    if (removed === null || removed >= before) return false
    sql.run('UPDATE facts SET removed = NULL')
    merge(sql, -pages)
    return true
  },
})

export const program = defineProgram(__filename, SCHEMA, operations)
