import { trimOldest } from '../../engine/sqlite/disposable/trim'
import { defineProgram } from '../../engine/sqlite/program'
import type { MailDeed } from './deed'

/** What the writer does with the log of what was done to mail. */

const SCHEMA = [
  `
CREATE TABLE deeds (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  what TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  target TEXT NOT NULL,
  messages INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  address TEXT NOT NULL,
  client TEXT NOT NULL,
  connection TEXT NOT NULL,
  administrator TEXT NOT NULL
);
CREATE INDEX deeds_at ON deeds (at)`,
  `ALTER TABLE deeds ADD COLUMN guest TEXT NOT NULL DEFAULT ''`,
]

const ADD = `INSERT INTO deeds
  (at, account, what, mailbox, target, messages, protocol, address, client, connection, administrator, guest)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

export const program = defineProgram(__filename, SCHEMA, (sql) => ({
  add(deeds: readonly MailDeed[], { most, oldest }: { readonly most: number; readonly oldest: number }): void {
    for (const { at, account, what, mailbox, to, messages, by } of deeds) {
      const { protocol, address, client = '', connection, administrator = '', guest = '' } = by
      sql.run(
        ADD,
        at,
        account,
        what,
        mailbox,
        to,
        messages,
        protocol,
        address,
        client,
        connection,
        administrator,
        guest,
      )
    }
    trimOldest(sql, 'deeds', { added: deeds.length, most, oldest })
  },
}))
