import { mkdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { AccountId, EmailId } from '../../terms/names'
import type { Fence } from '../../terms/numbers'
import { type Clock, systemClock } from '../../terms/ports'
import { audit } from '../audit'
import { accountNumber, messageNumber } from '../ids'
import { recordTables } from '../records'
import { type MessageTable, type Store, type StoreFacts, StoreUnavailable } from '../store'
import { createAccountTable } from './accounts'
import { auditRows } from './audit'
import { readBody } from './bodies'
import { accountKey } from './keys'
import { createMailboxTable } from './mailboxes'
import { changesSince, expungedSince, keys, maildrop, rows, snapshot } from './messages-read'
import { append, copyOrMove, expunge, replace, storeFlags } from './messages-write'
import { createRecordTable } from './records'
import { accountRow } from './rows'
import { openTables, type Tables } from './tables'

export const LMDB_FACTS: StoreFacts = { name: 'lmdb', sharedByProcesses: true, sharedByHosts: false }

/** Octets that are free, below which a disk is full. */
const LEAST_SPACE = 1024 * 1024

export interface LmdbStoreOptions {
  /** folder of the LMDB environment; made when it is missing */
  readonly path: string
  readonly clock?: Clock
}

/** The embedded driver: one LMDB environment for all accounts, shared by all processes of one host. */
export async function openLmdbStore({ path, clock = systemClock }: LmdbStoreOptions): Promise<Store> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const tables = openTables(path)
  const mailboxes = createMailboxTable(tables, clock)

  const messages: MessageTable = {
    append: (id, mailbox, list, options) => tables.write(() => append(tables, clock, id, mailbox, list, options)),
    snapshot: async (id, mailbox) => {
      const found = await mailboxes.get(id, mailbox)
      return found && snapshot(tables, id, found)
    },
    changesSince: async (id, mailbox, since) => {
      tables.fresh()
      return changesSince(tables, id, mailbox, since)
    },
    expungedSince: async (id, mailbox, since) => {
      tables.fresh()
      return expungedSince(tables, id, mailbox, since)
    },
    rows: (id, mailbox, uids) => rows(tables, id, mailbox, uids),
    keys: (id, mailbox, uids) => keys(tables, id, mailbox, uids),
    maildrop: (id, mailbox, above) => maildrop(tables, id, mailbox, above),
    read: async (id: AccountId, email: EmailId, start, end) => {
      const account = accountNumber(id)
      return readBody(tables, account, messageNumber(account, email), start, end)
    },
    storeFlags: (id, mailbox, uids, how, flags, unchangedSince, limits) =>
      tables.write(() => storeFlags(tables, id, mailbox, uids, how, flags, unchangedSince, limits)),
    expunge: (id, mailbox, uids, options) => tables.write(() => expunge(tables, id, mailbox, uids, options)),
    replace: (id, from, replaced, to, message, options) =>
      tables.write(() => replace(tables, clock, id, { from, replaced, to }, message, options)),
    copy: (id, from, uids, to, options) =>
      tables.write(() => copyOrMove(tables, clock, id, from, uids, to, { kind: 'copy', ...(options && { options }) })),
    move: (id, from, uids, to, options) =>
      tables.write(() => copyOrMove(tables, clock, id, from, uids, to, { kind: 'move', ...(options && { options }) })),
  }

  return {
    facts: LMDB_FACTS,
    accounts: createAccountTable(tables, clock),
    mailboxes,
    messages,
    ...recordTables(createRecordTable(tables), mailboxes),
    raiseFence: (id, fence) => raiseFence(tables, id, fence),
    async usable() {
      tables.health.check()
      const { bavail, bsize } = await statfs(path)
      if (bavail * bsize < LEAST_SPACE) throw new StoreUnavailable('the disk of the mail store is full')
      tables.fresh()
      tables.accounts.getKeysCount({ limit: 1 })
    },
    backup: (folder) => tables.root.backup(folder, true),
    check: async (id) => {
      tables.fresh()
      const owner = accountRow(tables, accountNumber(id))
      if (!owner) return ['there is no such account']
      return (await audit(owner, [...auditRows(tables, owner.account)], clock.now())).faults
    },
    close: () => tables.close(),
  }
}

async function raiseFence(tables: Tables, id: AccountId, fence: Fence): Promise<void> {
  const key = accountKey(accountNumber(id))
  if ((tables.fences.get(key) ?? 0) >= fence) return
  await tables.write(() => {
    if ((tables.fences.get(key) ?? 0) < fence) void tables.fences.put(key, fence)
  }, false)
}
