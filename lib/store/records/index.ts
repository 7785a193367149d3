import type { AccountId, MailboxId } from '../../terms/names'
import { createAclTable } from './acl'
import { createAnnotationTable } from './annotations'
import { createDocumentTable } from './documents'
import { createMarkTable } from './marks'
import type { RecordTable } from './records'
import { createRefusalTable } from './refusals'
import { createScriptTable } from './scripts'
import { createSubscriptionTable } from './subscriptions'
import { createUseTable } from './uses'

/** What a record may ask of mailboxes. */
interface Mailboxes {
  find(account: AccountId, name: string): Promise<{ readonly id: MailboxId } | undefined>
}

/** Every kind of record, over the one table of a driver: a part of `Store`. */
export const recordTables = (records: RecordTable, mailboxes: Mailboxes) => ({
  acl: createAclTable(records),
  annotations: createAnnotationTable(records),
  documents: createDocumentTable(records),
  scripts: createScriptTable(records),
  marks: createMarkTable(records),
  refusals: createRefusalTable(records),
  subscriptions: createSubscriptionTable(records, mailboxes),
  uses: createUseTable(records),
})
export type RecordTables = Readonly<ReturnType<typeof recordTables>>
