import { defineProgram } from '../../../lib/engine/sqlite/program'

const SCHEMA = [
  `CREATE TABLE rows (id INTEGER PRIMARY KEY, value INTEGER NOT NULL, text TEXT NOT NULL);
   CREATE TABLE mailboxes (id INTEGER PRIMARY KEY, mod_seq INTEGER NOT NULL, more TEXT NOT NULL);
   CREATE TABLE bodies (id INTEGER PRIMARY KEY, octets BLOB NOT NULL)`,
]

/** Writes of the shape of ours: a mark, a message. */
export const program = defineProgram(__filename, SCHEMA, (sql) => {
  function row(mailbox: number, id: number, size: number): void {
    sql.run('INSERT OR REPLACE INTO rows VALUES (?, ?, ?)', id, 1, 'x'.repeat(size))
    sql.run(
      'INSERT INTO mailboxes VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE SET mod_seq = mod_seq + 1',
      ...[mailbox, 'y'.repeat(150)],
    )
  }
  return {
    store: (mailbox: number, id: number): void => row(mailbox, id, 60),
    append(mailbox: number, id: number, octets: Uint8Array): void {
      row(mailbox, id, 1000)
      sql.run('INSERT INTO bodies VALUES (NULL, ?)', octets)
    },
  }
})
