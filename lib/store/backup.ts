import type { AccountId, EmailId } from '../terms/names'
import type { RecordTables } from './records'
import type { AccountTable, MailboxTable, MessageTable } from './store'

/** What `Store.backup` wrote, to be read: nothing in its folder changes. Rejects as a store does; what is damaged is told where it is read. */
export interface Backup {
  /** for people */
  readonly file: string
  readonly accounts: Pick<AccountTable, 'find'>
  readonly mailboxes: Pick<MailboxTable, 'list'>
  readonly messages: Pick<MessageTable, 'snapshot' | 'rows' | 'keys' | 'read'>
  readonly scripts: Pick<RecordTables['scripts'], 'list' | 'get'>
  readonly subscriptions: Pick<RecordTables['subscriptions'], 'list'>
  readonly annotations: Pick<RecordTables['annotations'], 'get'>
  /** Whether these octets, all of a message, are those that were written. */
  isAsWritten(account: AccountId, id: EmailId, octets: Buffer): Promise<boolean>
  close(): Promise<void>
}
