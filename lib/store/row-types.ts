import type { SearchKeys } from '../mime/prepared'
import { type FlagSet, flagSet } from '../terms/flags'
import type { MailboxId } from '../terms/names'
import { modSeq, uid, uidValidity } from '../terms/numbers'
import { SPECIAL_USES } from '../terms/special-use'
import type { Account } from './account'
import type { IndexRow } from './change'
import { gapsFrom } from './gaps'
import { makeAccountId, makeMailboxId } from './ids'
import type { Mailbox } from './store'

/** Rows of the tables that the drivers with SQL have alike, and what they are in mail terms. */

export interface AccountRecord {
  readonly account: number
  readonly name: string
  readonly attributes: Record<string, unknown>
  readonly last_mailbox: number
  readonly last_message: number
  readonly last_uid_validity: number
  readonly used_bytes: number
  readonly used_messages: number
  readonly fence: number
  readonly binned_bytes: number
  readonly binned_messages: number
}

export interface MailboxRecord {
  readonly account: number
  readonly mailbox: number
  readonly name: string
  readonly uid_validity: number
  readonly uid_next: number
  readonly mod_seq: number
  /** `gapsFrom` */
  readonly gaps: string
  readonly special_use: string
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  readonly size: number
  readonly recent_from: number
}

export interface EntryRecord {
  readonly uid: number
  readonly message: number
  readonly flags: string
  readonly mod_seq: number
  readonly size: number
  readonly internal_date: number
  readonly save_date: number
  readonly uidl: string
  readonly added: number
}

export function toAccount({
  account,
  name,
  attributes,
}: Pick<AccountRecord, 'account' | 'name' | 'attributes'>): Account {
  // What a driver wrote: an Account without its id and its name.
  return { ...(attributes as Omit<Account, 'id' | 'name'>), id: makeAccountId(account), name }
}

/** Whether it is in the recycle bin: nobody finds it. */
export const isBinned = ({ removed }: Account): boolean => removed !== undefined

export const mailboxIdOf = ({ account, mailbox }: MailboxRecord): MailboxId => makeMailboxId(account, mailbox)

export function toMailbox(record: MailboxRecord, subscribed: boolean): Mailbox {
  const uses = record.special_use.split(' ')
  return {
    id: mailboxIdOf(record),
    name: record.name,
    uidValidity: uidValidity(record.uid_validity),
    uidNext: uid(record.uid_next),
    highestModSeq: modSeq(record.mod_seq),
    gaps: gapsFrom(record.gaps),
    specialUse: SPECIAL_USES.filter((use) => uses.includes(use)),
    subscribed,
    messages: record.messages,
    unseen: record.unseen,
    deleted: record.deleted,
    size: record.size,
    recentFrom: uid(record.recent_from),
  }
}

const known = new Map<string, FlagSet>()
const KNOWN_LIMIT = 10_000

/** Equal text gives the same object, so that a million rows share a few. */
export function flagsFrom(text: string): FlagSet {
  const found = known.get(text)
  if (found) return found
  if (known.size >= KNOWN_LIMIT) known.clear()
  const made = flagSet(text.split(' ').filter(Boolean))
  known.set(text, made)
  return made
}
export const flagsText = (flags: FlagSet): string => flags.names.join(' ')

export const indexRow = (
  entry: Pick<EntryRecord, 'uid' | 'flags' | 'mod_seq' | 'size' | 'internal_date'>,
): IndexRow => ({
  uid: uid(entry.uid),
  flags: flagsFrom(entry.flags),
  modSeq: modSeq(entry.mod_seq),
  size: entry.size,
  internalDate: entry.internal_date,
})

/** @param text JSON of search keys */
export const keysFrom = (text: string): SearchKeys => {
  const { sentAt, sentDay, ...keys }: SearchKeys = JSON.parse(text)
  return { ...keys, sentAt, sentDay } // JSON has no undefined
}
