import type { BinRecord } from './bin-rows'
import type { AccountRecord, EntryRecord, MailboxRecord } from './row-types'
import type { BinnedTransfer, EntryTransfer, MailboxTransfer, TransferAccount } from './transfer'

/** Rows of the drivers with SQL as every driver has them. */

const words = (text: string): string[] => text.split(' ').filter(Boolean)

export const mailboxTransfer = (row: MailboxRecord): MailboxTransfer => ({
  kind: 'mailbox',
  mailbox: row.mailbox,
  name: row.name,
  uidValidity: row.uid_validity,
  uidNext: row.uid_next,
  modSeq: row.mod_seq,
  gaps: row.gaps,
  specialUse: words(row.special_use).sort(),
  messages: row.messages,
  unseen: row.unseen,
  deleted: row.deleted,
  size: row.size,
  recentFrom: row.recent_from,
})

/** A row of a mailbox. */
export type OwnEntry = EntryRecord & { readonly mailbox: number }

export const entryTransfer = (row: OwnEntry): EntryTransfer => ({
  kind: 'entry',
  mailbox: row.mailbox,
  uid: row.uid,
  message: row.message,
  flags: words(row.flags),
  modSeq: row.mod_seq,
  size: row.size,
  internalDate: row.internal_date,
  saveDate: row.save_date,
  uidl: row.uidl,
  added: row.added,
})

export const binnedTransfer = (row: BinRecord): BinnedTransfer => ({
  kind: 'binned',
  mailbox: row.mailbox,
  uid: row.uid,
  name: row.name,
  message: row.message,
  flags: words(row.flags),
  size: row.size,
  internalDate: row.internal_date,
  added: row.added,
  removedAt: row.removed_at,
  until: row.until,
})

export const accountTransfer = (row: AccountRecord): TransferAccount => ({
  account: row.account,
  name: row.name,
  attributes: row.attributes,
  lastMailbox: row.last_mailbox,
  lastMessage: row.last_message,
  lastUidValidity: row.last_uid_validity,
  usedBytes: row.used_bytes,
  usedMessages: row.used_messages,
  fence: row.fence,
  binnedBytes: row.binned_bytes,
  binnedMessages: row.binned_messages,
})
