import { trimOldest } from '../../engine/sqlite/disposable/trim'
import { defineProgram } from '../../engine/sqlite/program'
import type { DeliveryEntry } from './entries'

/** What the writer does with the log of deliveries. */

const SCHEMA = [
  `
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reply TEXT NOT NULL,
  size INTEGER NOT NULL,
  message_id TEXT NOT NULL
);
CREATE INDEX deliveries_at ON deliveries (at)`,
]

const ADD =
  'INSERT INTO deliveries (at, sender, recipient, outcome, reply, size, message_id) VALUES (?, ?, ?, ?, ?, ?, ?)'

export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  /** @param oldest milliseconds since 1970: those before it go */
  add(entries: readonly DeliveryEntry[], { most, oldest }: { readonly most: number; readonly oldest: number }): void {
    for (const { at, sender, recipient, outcome, reply, size, messageId } of entries) {
      sql.run(ADD, at, sender, recipient, outcome, reply, size, messageId)
    }
    trimOldest(sql, 'deliveries', { added: entries.length, most, oldest })
  },
}))
