/** In the JSON of an account: a text of a user has its quotes escaped. */
export const REMOVED_ACCOUNTS = `instr(attributes, '"removed":{') > 0`

/**
 * All accounts in one file, one step a version; a step is never changed once it was released. Names are those of the schema of
 * PostgreSQL (lib/store/postgres/schema.ts). Primary keys begin with the account: what one user has lies together. No foreign keys,
 * no triggers: a write keeps the tables together itself.
 */
export const SCHEMA: readonly string[] = [
  `
-- attributes: JSON of an Account without its id and its name; a number is never used again
CREATE TABLE accounts (
  account INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  attributes TEXT NOT NULL
);
-- what changes with every message, apart from the long row of its account
CREATE TABLE states (
  account INTEGER PRIMARY KEY,
  last_mailbox INTEGER NOT NULL,
  last_message INTEGER NOT NULL,
  last_uid_validity INTEGER NOT NULL,
  used_bytes INTEGER NOT NULL,
  used_messages INTEGER NOT NULL,
  fence INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE mailboxes (
  account INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,
  name TEXT NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid_next INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  gaps TEXT NOT NULL DEFAULT '',
  special_use TEXT NOT NULL,
  messages INTEGER NOT NULL,
  unseen INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  size INTEGER NOT NULL,
  recent_from INTEGER NOT NULL,
  PRIMARY KEY (account, mailbox)
) WITHOUT ROWID;
CREATE UNIQUE INDEX mailboxes_name ON mailboxes (account, name);
-- a message in a mailbox; flags separated by blanks; times in milliseconds since 1970
CREATE TABLE entries (
  account INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  message INTEGER NOT NULL,
  flags TEXT NOT NULL,
  mod_seq INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  save_date INTEGER NOT NULL,
  uidl TEXT NOT NULL,
  added INTEGER NOT NULL,
  PRIMARY KEY (account, mailbox, uid)
) WITHOUT ROWID;
CREATE INDEX entries_message ON entries (account, message);
-- What entries share, gone with the last of them; id: account * 2^32 + message; message_id: digest, of threads; keys: JSON.
-- Octets are last, so that they are not read with what stands before them; NULL: they are in chunks. checksum: CRC-32 of them.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL,
  message_id BLOB,
  checksum INTEGER NOT NULL,
  keys TEXT NOT NULL,
  prepared BLOB NOT NULL,
  octets BLOB
);
-- 64 KB each, what a session reads at once: of 128 KB, each such piece costs twice as much. Not WITHOUT ROWID, where each look
-- for a row reads the long ones that it passes whole (measured: 350 us for 64 KB, so 50).
CREATE TABLE chunks (
  id INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  octets BLOB NOT NULL,
  PRIMARY KEY (id, chunk)
);
-- of messages that have several entries; the others are not here
CREATE TABLE copies (
  id INTEGER PRIMARY KEY,
  entries INTEGER NOT NULL
);
-- Messages that are no more, by their id, until the text index has lost them as well; of a number 0: all of the account.
CREATE TABLE gone (id INTEGER PRIMARY KEY);
-- message_id: digestOf
CREATE TABLE threads (
  account INTEGER NOT NULL,
  message_id BLOB NOT NULL,
  thread INTEGER NOT NULL,
  PRIMARY KEY (account, message_id)
) WITHOUT ROWID;
-- one commit of one mailbox: UIDs added, expunged, with other flags (uidsText)
CREATE TABLE changes (
  account INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  added TEXT NOT NULL,
  expunged TEXT NOT NULL,
  flagged TEXT NOT NULL,
  PRIMARY KEY (account, mailbox, mod_seq)
) WITHOUT ROWID;
-- processes that may have written what is not on the disk yet (unflushed.ts)
CREATE TABLE unflushed (
  process TEXT PRIMARY KEY
) WITHOUT ROWID;
-- scripts, marks, subscriptions and so on (lib/store/records); until: milliseconds since 1970, after which it may go
CREATE TABLE records (
  account INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  until INTEGER,
  PRIMARY KEY (account, kind, key)
) WITHOUT ROWID;
CREATE INDEX records_until ON records (account, kind, until) WHERE until IS NOT NULL`,
  `
-- The recycle bin (lib/store/bin.ts): messages that were removed, by the mailbox and the UID that they had; name: of that mailbox
CREATE TABLE binned (
  account INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  name TEXT NOT NULL,
  message INTEGER NOT NULL,
  flags TEXT NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed_at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (account, mailbox, uid)
) WITHOUT ROWID;
CREATE INDEX binned_removed ON binned (account, removed_at);
CREATE INDEX binned_until ON binned (until);
ALTER TABLE states ADD COLUMN binned_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE states ADD COLUMN binned_messages INTEGER NOT NULL DEFAULT 0`,
  `
-- Accounts in the recycle bin are few, and looked for every minute.
CREATE INDEX accounts_removed ON accounts (name) WHERE ${REMOVED_ACCOUNTS}`,
  `
-- Which mailboxes of others somebody may use (lib/store/records/acl.ts).
CREATE INDEX records_acl ON records (key) WHERE kind = 'acl'`,
]
