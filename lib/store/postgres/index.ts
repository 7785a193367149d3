import { type Clock, systemClock } from '../../terms/ports'
import { audit } from '../audit'
import { REMOVED } from '../bin-rows'
import { accountNumber } from '../ids'
import { recordTables } from '../records'
import type { AccountRecord } from '../row-types'
import { type Store, type StoreFacts, StoreUnavailable } from '../store'
import { accountTransfer } from '../transfer-rows'
import { createAccountTable } from './accounts'
import { createAppend } from './append'
import { auditRows } from './audit'
import { createBin } from './bin'
import { openDatabase, type PostgresOptions } from './database'
import { createMailboxTable } from './mailboxes'
import { changesSince, expungedSince, keys, maildrop, read, rows, snapshot } from './messages-read'
import { copyOrMove, expunge, storeFlags } from './messages-write'
import { createRecordTable } from './records'
import { replace } from './replace'
import { createTextIndex } from './texts/index'

export type { PostgresOptions } from './database'

const RAISE = `WITH raised AS (UPDATE mailbox.accounts SET fence = $2::int8 WHERE account = $1 AND fence < $2::int8)
  SELECT attributes->'removed' IS NOT NULL AS removed FROM mailbox.accounts WHERE account = $1`

export const POSTGRES_FACTS: StoreFacts = { name: 'postgres', sharedByProcesses: true, sharedByHosts: true }

/** The driver for several hosts: one PostgreSQL database, or what speaks like one. */
export async function openPostgresStore(options: PostgresOptions & { readonly clock?: Clock }): Promise<Store> {
  const { clock = systemClock } = options
  const db = await openDatabase(options)
  const mailboxes = createMailboxTable(db, clock)
  return {
    facts: POSTGRES_FACTS,
    accounts: createAccountTable(db, clock),
    mailboxes,
    messages: {
      append: createAppend(db, clock),
      snapshot: (id, mailbox) => snapshot(db, id, mailbox),
      changesSince: (id, mailbox, since) => changesSince(db, id, mailbox, since),
      expungedSince: (id, mailbox, since) => expungedSince(db, id, mailbox, since),
      rows: (id, mailbox, uids) => rows(db, id, mailbox, uids),
      keys: (id, mailbox, uids) => keys(db, id, mailbox, uids),
      maildrop: (id, mailbox, above) => maildrop(db, id, mailbox, above),
      read: (id, email, start, end) => read(db, id, email, start, end),
      storeFlags: (id, mailbox, uids, how, flags, since, limits) =>
        storeFlags(db, id, mailbox, uids, how, flags, since, limits),
      expunge: (id, mailbox, uids, how) => expunge(db, clock, id, mailbox, uids, how),
      replace: (id, from, replaced, to, message, how) => replace(db, clock, id, from, replaced, to, message, how),
      copy: (id, from, uids, to, how) =>
        copyOrMove(db, clock, id, from, uids, to, {
          kind: 'copy',
          missing: how?.missing,
          ...(how && { options: how }),
        }),
      move: (id, from, uids, to, how) => copyOrMove(db, clock, id, from, uids, to, { kind: 'move', ...how }),
    },
    ...recordTables(createRecordTable(db), mailboxes),
    texts: createTextIndex(db),
    bin: createBin(db, clock),
    async raiseFence(id, fence) {
      // Durable: who lost the lock may outlive a crash of the server, or be on another machine. Nothing is flushed where it is as high already.
      const [found] = await db.read<{ removed: boolean }>(RAISE, [accountNumber(id), fence])
      if (found?.removed) throw new StoreUnavailable(REMOVED)
    },
    async usable() {
      db.health.check()
      // A primary that became a standby still reads.
      const asked = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS closed"
      const [answer] = await db.read<{ closed: boolean }>(asked)
      if (answer?.closed) throw new StoreUnavailable('PostgreSQL takes no writes: it is a standby, or read-only')
    },
    check: (id) =>
      db.snapshot(async ({ query }) => {
        const text = 'SELECT * FROM mailbox.accounts WHERE account = $1'
        const [owner] = await query<AccountRecord>(text, [accountNumber(id)])
        if (!owner) return ['there is no such account']
        return (await audit(accountTransfer(owner), auditRows(query, owner.account), clock.now())).faults
      }),
    close: () => db.close(),
  }
}
