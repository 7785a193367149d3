import type { Database, RootDatabase } from 'lmdb'
import type { SearchKeys } from '../../mime/prepared'
import { decodedOnce, diskOf, openEnvironment, settled } from '../../processes/environment'
import { textOf } from '../../terms/errors'
import type { SpecialUse } from '../../terms/special-use'
import type { Account } from '../account'
import { createHealth, type Health } from '../health'
import type { StoredRecord } from '../records/records'
import { StoreUnavailable } from '../store'
import { accountKey, mailboxKey } from './keys'

/** What only grows, per account, and its sums. */
export interface AccountState {
  mailboxes: number
  messages: number
  uidValidity: number
  usedBytes: number
  usedMessages: number
}

export interface MailboxRecord {
  name: string
  uidValidity: number
  uidNext: number
  modSeq: number
  gaps: string
  specialUse: readonly SpecialUse[]
  messages: number
  unseen: number
  deleted: number
  size: number
  recentFrom: number
}

/** Beside the octets of one immutable message: what SEARCH, SORT and THREAD read. */
export interface Head {
  readonly thread: number
  readonly keys: SearchKeys
}

/** One commit of one mailbox: UIDs added, expunged, with other flags. */
export interface LogEntry {
  readonly a?: readonly number[]
  readonly x?: readonly number[]
  readonly f?: readonly number[]
}

export interface Tables {
  readonly root: RootDatabase
  readonly accounts: Database<Account, Buffer>
  /** decoded once a change, as `mailbox` */
  account(number: number): Account | undefined
  readonly names: Database<number, string>
  readonly states: Database<AccountState, Buffer>
  readonly fences: Database<number, Buffer>
  readonly mailboxes: Database<MailboxRecord, Buffer>
  mailbox(account: number, number: number): MailboxRecord | undefined
  /** in memory: the number that an account's mailbox of this name had when it was last looked for */
  readonly numberByName: Map<string, number>
  readonly rows: Database<Buffer, Buffer>
  readonly log: Database<LogEntry, Buffer>
  readonly heads: Database<Head, Buffer>
  readonly prepared: Database<Buffer, Buffer>
  readonly bodies: Database<Buffer, Buffer>
  /** copies beyond the first; absent: one */
  readonly references: Database<number, Buffer>
  readonly threads: Database<number, Buffer>
  /** by kind and key */
  readonly records: Database<Omit<StoredRecord, 'key'>, Buffer>
  /** of `write` */
  readonly health: Health
  /** Runs in one write transaction; a throw rolls back. Resolves when it is on the disk, or at commit when `durable` is false. */
  write<T>(run: () => T, durable?: boolean): Promise<T>
  /**
   * Reads from now on see what any process has acknowledged: lmdb-js keeps a read transaction for about a millisecond.
   */
  fresh(): void
  close(): Promise<void>
}

export function openTables(path: string): Tables {
  const root = openEnvironment({ path, maxDbs: 20 })
  const records = <V>(name: string): Database<V, Buffer> => root.openDB<V, Buffer>({ name, keyEncoding: 'binary' })
  const octets = (name: string): Database<Buffer, Buffer> =>
    root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' })
  const accounts = records<Account>('accounts')
  const account = decodedOnce(accounts)
  const mailboxes = records<MailboxRecord>('mailboxes')
  const mailbox = decodedOnce(mailboxes)
  const disk = diskOf(root)
  let closed = false

  const health = createHealth()

  async function commit<T>(run: () => T, durable: boolean): Promise<T> {
    if (closed) throw new StoreUnavailable('the mail store is closed')
    try {
      const value = await settled(root.childTransaction(run))
      // With overlapping sync a commit is visible before it is on the disk; only the latter may be acknowledged.
      if (durable) await disk.reached()
      return value
    } catch (error) {
      disk.failed()
      throw new StoreUnavailable(`the mail store cannot write: ${textOf(error)}`)
    }
  }

  return {
    root,
    accounts,
    account: (number) => account(accountKey(number)),
    names: root.openDB<number, string>({ name: 'names' }),
    states: records('states'),
    fences: records('fences'),
    mailboxes,
    mailbox: (account, number) => mailbox(mailboxKey(account, number)),
    numberByName: new Map(),
    rows: octets('rows'),
    log: records('log'),
    heads: records('heads'),
    prepared: octets('prepared'),
    bodies: octets('bodies'),
    references: records('references'),
    threads: records('threads'),
    records: records('records'),
    health,
    write: (run, durable = true) => health.watch(() => commit(run, durable)),
    fresh: () => root.resetReadTxn(),
    close: async () => {
      if (closed) return
      closed = true
      await root.close()
    },
  }
}
