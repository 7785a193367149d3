import { failed, ok, type Result } from '../../terms/fault'
import { type AccountId, type MailboxId, mailboxId } from '../../terms/names'
import { turn } from '../../work/turns'
import type { RecordTable, StoredRecord } from './records'

/** One entry of a mailbox's access control list (RFC 4314 2). */
interface AclEntry {
  readonly mailbox: MailboxId
  /** of a user, `$group`, `anyone`; with `-` in front what they may not */
  readonly identifier: string
  /** letters */
  readonly rights: string
}

interface OwnedAclEntry extends AclEntry {
  readonly owner: AccountId
}

/** A record for each entry, its key beginning with the identifier: so a user's mailboxes of all owners lie side by side. */
export interface AclTable {
  /** Entries of a mailbox, or of all, by identifier. */
  of(account: AccountId, mailbox?: MailboxId): Promise<readonly AclEntry[]>
  /** @param decide pure; empty rights take the entry out. Faults: no-such-account, limit. */
  change(
    account: AccountId,
    mailbox: MailboxId,
    identifier: string,
    decide: (rights: string) => string,
  ): Promise<Result<void>>
  /** `to` has what `from` has, as far as there is room. */
  copy(account: AccountId, from: MailboxId, to: MailboxId): Promise<void>
  /** all of a mailbox */
  remove(account: AccountId, mailbox: MailboxId): Promise<void>
  /** Entries of a mailbox that name one of these: all of them, however many lists name the same. */
  given(account: AccountId, mailbox: MailboxId, identifiers: readonly string[]): Promise<readonly AclEntry[]>
  /**
   * Entries that name one of these, of all accounts, also of those in the recycle bin. Who can make many may leave no room for the
   * last ones: `given` decides who may do what.
   */
  naming(identifiers: readonly string[]): Promise<readonly OwnedAclEntry[]>
}

/** Of one account; whose names make the list of everybody's mailboxes long. */
const MAX_ENTRIES = 2000
/** entries that are read before others have their turn */
const AT_ONCE = 100
/** of all accounts, that name one user and what the user belongs to */
const MAX_NAMING = 10_000

/** Nothing that may stand in an identifier. */
const END = '\t'
const keyOf = (identifier: string, mailbox: MailboxId): string => `${identifier}${END}${mailbox}`
const recordOf = ({ identifier, mailbox, rights }: AclEntry): StoredRecord => ({
  key: keyOf(identifier, mailbox),
  value: Buffer.from(rights),
})

function entryOf({ key, value }: StoredRecord): AclEntry {
  const end = key.indexOf(END)
  return { identifier: key.slice(0, end), mailbox: mailboxId(key.slice(end + 1)), rights: value.toString('latin1') }
}

export const createAclTable = (records: RecordTable): AclTable => {
  const isOf = (mailbox: MailboxId) => (key: string) => key.endsWith(`${END}${mailbox}`)
  const keysOf = async (account: AccountId, mailbox: MailboxId): Promise<readonly string[]> =>
    (await records.keys(account, 'acl')).filter(isOf(mailbox))
  return {
    async of(account, mailbox) {
      const keys = await (mailbox === undefined ? records.keys(account, 'acl') : keysOf(account, mailbox))
      const entries: AclEntry[] = []
      for (let first = 0; first < keys.length; first += AT_ONCE) {
        const batch = keys.slice(first, first + AT_ONCE)
        const found = await Promise.all(batch.map((key) => records.get(account, 'acl', key)))
        for (const record of found) if (record) entries.push(entryOf(record))
        await turn()
      }
      return entries
    },
    async change(account, mailbox, identifier, decide) {
      const key = keyOf(identifier, mailbox)
      // Only this one is read in the transaction: many at a time may be a few too many.
      const isFull = (await records.keys(account, 'acl')).length >= MAX_ENTRIES
      const done = await records.change<Result<void>>(account, 'acl', [key], (before) => {
        const known = before.get(key)
        const rights = decide(known ? entryOf(known).rights : '')
        if (rights === '') return { value: ok(undefined), ...(known && { remove: [key] }) }
        if (!known && isFull)
          return { value: failed({ kind: 'limit', why: `more than ${MAX_ENTRIES} entries of access control lists` }) }
        return { value: ok(undefined), put: [recordOf({ identifier, mailbox, rights })] }
      })
      return done ?? failed({ kind: 'no-such-account' })
    },
    async copy(account, from, to) {
      if ((await keysOf(account, from)).length === 0) return
      await records.change(account, 'acl', 'all', (before) => {
        const entries = [...before.values()].map(entryOf).filter(({ mailbox }) => mailbox === from)
        const put = entries.map((entry) => recordOf({ ...entry, mailbox: to }))
        return { value: undefined, put: before.size + put.length <= MAX_ENTRIES ? put : [] }
      })
    },
    async remove(account, mailbox) {
      const remove = await keysOf(account, mailbox)
      if (remove.length > 0) await records.change(account, 'acl', [], () => ({ value: undefined, remove }))
    },
    async given(account, mailbox, identifiers) {
      const keys = new Set(identifiers.map((identifier) => keyOf(identifier, mailbox)))
      // The id of another mailbox of the account may begin with this one.
      const found = await records.across([...keys], MAX_NAMING)
      return found.filter((record) => record.account === account && keys.has(record.key)).map(entryOf)
    },
    async naming(identifiers) {
      const prefixes = identifiers.map((identifier) => `${identifier}${END}`)
      const entries: OwnedAclEntry[] = []
      for (const record of await records.across(prefixes, MAX_NAMING)) {
        entries.push({ ...entryOf(record), owner: record.account })
        await turn()
      }
      return entries
    },
  }
}
