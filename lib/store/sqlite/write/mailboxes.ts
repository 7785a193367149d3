import type { Sql } from '../../../engine/sqlite/connection/connection'
import { failed, ok, type Result } from '../../../terms/fault'
import { levelsAbove } from '../../../terms/names'
import type { Keeping } from '../../bin'
import { MAX_UID, REMOVED_AT_ONCE } from '../../limits'
import type { MailboxRecord } from '../../row-types'
import type { CreateOptions } from '../../store'
import { binEntries } from './bin-rows'
import { type CopiedEntries, copyEntries } from './copy'
import { everyEntry, releaseEntries } from './entry-rows'
import {
  addMailbox,
  addUsage,
  boxNamed,
  type Committed,
  commitBox,
  committed,
  stateOf,
  subscribe,
} from './mailbox-rows'

/** What happened to the list of mailboxes. */
export interface Listed {
  readonly kind: 'created' | 'deleted' | 'renamed'
  readonly mailbox: number
  readonly name: string
  readonly oldName?: string
}

export interface Made {
  readonly box: MailboxRecord
  readonly subscribed: boolean
  readonly list: readonly Listed[]
}

export interface Renamed {
  readonly list: readonly Listed[]
  /** of INBOX: where its messages went */
  readonly moved?: CopiedEntries
}

/** One turn of a removal: some messages went, or the mailbox. */
export type Lessened =
  | { readonly kind: 'less'; readonly uids: readonly number[]; readonly commit: Committed }
  | { readonly kind: 'gone'; readonly mailbox: number }

const isSubscribed = (sql: Sql, account: number, name: string): boolean =>
  sql.get("SELECT 1 FROM records WHERE account = ? AND kind = 'subscription' AND key = ?", account, name) !== undefined

const childrenOf = (sql: Sql, account: number, name: string): MailboxRecord[] =>
  sql.all<MailboxRecord>(
    "SELECT * FROM mailboxes WHERE account = ?1 AND substr(name, 1, length(?2) + 1) = ?2 || '/' ORDER BY mailbox",
    ...[account, name],
  )

const created = ({ mailbox, name }: MailboxRecord): Listed => ({ kind: 'created', mailbox, name })

const addParents = (sql: Sql, account: number, name: string): Listed[] =>
  levelsAbove(name)
    .filter((parent) => !boxNamed(sql, account, parent))
    .map((parent) => created(addMailbox(sql, account, parent)))

/** An import brings the numbers of a mailbox that is there already: never used, such as INBOX, or begun by the same import. */
function adopt(sql: Sql, box: MailboxRecord, { uidValidity, ...options }: CreateOptions): Result<Made> {
  const fits = box.uid_next === 1 || box.uid_validity === uidValidity
  if (uidValidity === undefined || !fits) return failed({ kind: 'mailbox-exists' })
  const now: MailboxRecord = {
    ...box,
    uid_validity: uidValidity,
    uid_next: Math.max(box.uid_next, options.uidNext ?? 1),
    special_use: options.specialUse?.join(' ') ?? box.special_use,
  }
  sql.run(
    'UPDATE mailboxes SET uid_validity = ?, uid_next = ?, special_use = ? WHERE account = ? AND mailbox = ?',
    ...[now.uid_validity, now.uid_next, now.special_use, now.account, now.mailbox],
  )
  const text = 'UPDATE states SET last_uid_validity = max(last_uid_validity, ?) WHERE account = ?'
  sql.run(text, uidValidity, box.account)
  if (options.subscribed) subscribe(sql, box.account, box.name)
  return ok({ box: now, subscribed: isSubscribed(sql, box.account, box.name), list: [] })
}

export function makeMailbox(sql: Sql, account: number, name: string, options: CreateOptions = {}): Made {
  const parents = addParents(sql, account, name)
  const box = addMailbox(sql, account, name, options)
  // It may have been subscribed before it was there.
  return { box, subscribed: isSubscribed(sql, account, name), list: [...parents, created(box)] }
}

/** RFC 9051 6.3.6: the messages move, INBOX stays with its children; who has it selected sees them go. */
function renameInbox(sql: Sql, inbox: MailboxRecord, name: string, now: number): Result<Renamed> {
  const { box, list } = makeMailbox(sql, inbox.account, name)
  const work = { from: inbox, to: box, kind: 'move', now } as const
  const moved = copyEntries(sql, work, everyEntry(sql, inbox, MAX_UID))
  return ok({ list, moved })
}

export const mailboxOperations = (sql: Sql) => ({
  createMailbox(account: number, name: string, options: CreateOptions = {}): Result<Made> {
    if (!stateOf(sql, account)) return failed({ kind: 'no-such-account' })
    const box = boxNamed(sql, account, name)
    return box ? adopt(sql, box, options) : ok(makeMailbox(sql, account, name, options))
  },

  renameMailbox(account: number, from: string, to: string, now: number): Result<Renamed> {
    const box = boxNamed(sql, account, from)
    const children = childrenOf(sql, account, from)
    // A level that is no mailbox is there as long as something is below it (RFC 9051 6.3.5, 6.3.6).
    if (!box && children.length === 0) return failed({ kind: 'no-such-mailbox' })
    if (to === from || boxNamed(sql, account, to)) return failed({ kind: 'mailbox-exists' })
    if (box && from === 'INBOX') return renameInbox(sql, box, to, now)
    if (to.startsWith(`${from}/`)) {
      return failed({ kind: 'bad-mailbox-name', why: 'a mailbox cannot become its own child' })
    }
    const moved = [...(box ? [box] : []), ...children].map((one) => ({
      kind: 'renamed' as const,
      mailbox: one.mailbox,
      name: to + one.name.slice(from.length),
      oldName: one.name,
    }))
    if (moved.some(({ name }) => boxNamed(sql, account, name))) return failed({ kind: 'mailbox-exists' })
    const parents = addParents(sql, account, to)
    for (const { mailbox, name } of moved) {
      sql.run('UPDATE mailboxes SET name = ? WHERE account = ? AND mailbox = ?', name, account, mailbox)
    }
    return ok({ list: [...parents, ...moved] })
  },

  /** To be called until it is gone. */
  removeMailbox(account: number, name: string, now: number, bin?: Keeping): Result<Lessened> {
    if (name === 'INBOX') return failed({ kind: 'not-permitted', why: 'INBOX cannot be deleted' })
    const box = boxNamed(sql, account, name)
    if (!box) return failed({ kind: 'no-such-mailbox' })
    const entries = everyEntry(sql, box, REMOVED_AT_ONCE)
    const delta = bin ? binEntries(sql, box, entries, bin, now) : releaseEntries(sql, box, entries)
    addUsage(sql, account, delta)
    if (entries.length === REMOVED_AT_ONCE) {
      const uids = entries.map(({ uid }) => uid)
      return ok({ kind: 'less', uids, commit: committed(box, commitBox(sql, box, { delta, expunged: uids })) })
    }
    for (const table of ['changes', 'mailboxes']) {
      sql.run(`DELETE FROM ${table} WHERE account = ? AND mailbox = ?`, account, box.mailbox)
    }
    return ok({ kind: 'gone', mailbox: box.mailbox })
  },

  setSpecialUse(account: number, name: string, uses: string): boolean {
    return sql.run('UPDATE mailboxes SET special_use = ? WHERE account = ? AND name = ?', uses, account, name) > 0
  },

  /** What is \Recent for the caller: from, and the next UID; undefined: no such mailbox. */
  claimRecent(account: number, mailbox: number): [from: number, next: number] | undefined {
    const where = 'WHERE account = ? AND mailbox = ?'
    const box = sql.get<MailboxRecord>(`SELECT recent_from, uid_next FROM mailboxes ${where}`, account, mailbox)
    if (!box) return undefined
    sql.run(`UPDATE mailboxes SET recent_from = uid_next ${where}`, account, mailbox)
    return [box.recent_from, box.uid_next]
  },
})
