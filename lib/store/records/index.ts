import type { MailboxTable } from '../store'
import { createMarkTable } from './marks'
import type { RecordTable } from './records'
import { createScriptTable } from './scripts'
import { createSubscriptionTable } from './subscriptions'

/** Every kind of record, over the one table of a driver. */
export const recordTables = (records: RecordTable, mailboxes: Pick<MailboxTable, 'find'>) => ({
  scripts: createScriptTable(records),
  marks: createMarkTable(records),
  subscriptions: createSubscriptionTable(records, mailboxes),
})
