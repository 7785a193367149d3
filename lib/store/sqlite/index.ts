import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { Durability, LaneSettings } from '../../engine/sqlite/program'
import { textOf } from '../../terms/errors'
import { type Clock, type Log, silentLog, systemClock } from '../../terms/ports'
import { REMOVED } from '../bin-rows'
import { accountNumber } from '../ids'
import { recordTables } from '../records'
import { isBinned } from '../row-types'
import { type Store, type StoreFacts, StoreUnavailable } from '../store'
import { accountTextOf, accountWrites, fromText } from './accounts'
import { check } from './audit'
import { backup } from './backup'
import { createBin } from './bin'
import { openMail } from './mail'
import { mailboxWrites } from './mailboxes'
import { messageWrites } from './messages'
import { accountReads } from './read/accounts'
import { mailboxReads } from './read/mailboxes'
import { messageReads } from './read/messages'
import { createRecordTable } from './records'
import { createSwaps } from './swaps'
import { openTextIndex } from './texts/index'

export const SQLITE_FACTS: StoreFacts = { name: 'sqlite', sharedByProcesses: true, sharedByHosts: false }

/** Octets that are free, below which a disk is full. */
const LEAST_SPACE = 1024 * 1024

export interface SqliteStoreOptions {
  /** folder of the file; made when it is missing */
  readonly path: string
  readonly flagsDurable?: boolean
  /** how its file is grouped, flushed and written back */
  readonly engine?: Partial<LaneSettings>
  readonly clock?: Clock
  readonly log?: Log
  /** of this machine, for tests another one */
  readonly boot?: string
}

/** The embedded driver: one SQLite file for all accounts, shared by all processes of one host. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { clock = systemClock, log = silentLog, flagsDurable = false } = options
  const mail = await openMail(options.path, log, options.boot, options.engine)
  const quick: Durability = flagsDurable ? 'quick-durable' : 'quick-visible'
  const texts = await openTextIndex(mail, log)
  const swaps = createSwaps()
  const mailboxes = { ...mailboxReads(mail), ...mailboxWrites(mail, clock, quick) }
  return {
    facts: SQLITE_FACTS,
    accounts: { ...accountReads(mail), ...accountWrites(mail, swaps, clock) },
    mailboxes,
    messages: { ...messageReads(mail), ...messageWrites(mail, clock, quick) },
    ...recordTables(createRecordTable(mail, swaps, quick), mailboxes),
    texts,
    bin: createBin(mail, swaps, clock),
    async raiseFence(id, fence) {
      const account = accountNumber(id)
      const text = accountTextOf(mail, account)
      if (text && isBinned(fromText(account, text))) throw new StoreUnavailable(REMOVED)
      const [now] = mail.read.columns<[number]>('SELECT fence FROM states WHERE account = ?', account)
      if (now && now[0] < fence) await mail.write('raiseFence', [account, fence], quick)
    },
    async usable() {
      mail.health.check()
      const { bavail, bsize } = await statfs(path.dirname(mail.file))
      if (bavail * bsize < LEAST_SPACE) throw new StoreUnavailable('the disk of the mail store is full')
      // A file system that went read-only after an error of its disk still reads.
      await access(mail.file, constants.W_OK).catch((error: unknown) => {
        throw new StoreUnavailable(`the mail store cannot be written: ${textOf(error)}`)
      })
      mail.read.get('SELECT account FROM accounts LIMIT 1')
    },
    backup: (folder) => backup(mail, folder),
    check: (id) => check(mail, id, clock.now()),
    async close() {
      await texts.close()
      await mail.close()
    },
  }
}
