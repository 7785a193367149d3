import { failed, ok, type Result } from '../../terms/fault'
import { type AccountId, levelsAbove } from '../../terms/names'
import { modSeq, uid } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import type { Keeping } from '../bin'
import type { BinKey } from '../bin-rows'
import { type ListChange, NO_COMMIT, type Written } from '../change'
import { accountNumber, mailboxNumber } from '../ids'
import { type AccountRecord, type EntryRecord, type MailboxRecord, mailboxIdOf, toMailbox } from '../row-types'
import type { CreateOptions, Mailbox, MailboxTable, RecentClaim } from '../store'
import { binEntries } from './bin-rows'
import { NOT_CRASHED } from './crash'
import type { Database, Session } from './database'
import { releaseEntries } from './entries'
import { copyEntries } from './messages-write'

const written = <T>(value: T, list: readonly ListChange[]): Result<Written<T>> =>
  ok({ value, commit: { ...NO_COMMIT, list } })

type Listed = MailboxRecord & { subscribed: boolean }
const LIST = `SELECT m.*, s.key IS NOT NULL AS subscribed, ${NOT_CRASHED} FROM mailbox.mailboxes m
  LEFT JOIN mailbox.records s ON s.account = m.account AND s.kind = 'subscription' AND s.key = m.name WHERE m.account = `

/** A write under the account's lock, with all its mailboxes at hand. */
interface Work {
  readonly id: AccountId
  readonly session: Session
  account: AccountRecord
  boxes: readonly Listed[]
}

const byName = ({ boxes }: Work, name: string): Listed | undefined => boxes.find((box) => box.name === name)

async function addMailbox(work: Work, name: string, options: CreateOptions = {}): Promise<Listed> {
  const { account, session } = work
  const uidValidity = options.uidValidity ?? account.last_uid_validity + 1
  work.account = {
    ...account,
    last_mailbox: account.last_mailbox + 1,
    last_uid_validity: Math.max(account.last_uid_validity, uidValidity),
  }
  const [made] = await session.query<MailboxRecord>(
    `WITH numbers AS (
       UPDATE mailbox.accounts SET last_mailbox = $2, last_uid_validity = $3 WHERE account = $1
     ), subscription AS (
       INSERT INTO mailbox.records (account, kind, key, value) SELECT $1, 'subscription', $4, '' WHERE $8 ON CONFLICT DO NOTHING
     )
     INSERT INTO mailbox.mailboxes (account, mailbox, name, uid_validity, uid_next, recent_from, special_use)
     VALUES ($1, $2, $4, $5, $6, $6, $7) RETURNING *`,
    [
      account.account,
      work.account.last_mailbox,
      work.account.last_uid_validity,
      name,
      uidValidity,
      options.uidNext ?? 1,
      (options.specialUse ?? []).join(' '),
      options.subscribed === true,
    ],
  )
  if (!made) throw new Error('a mailbox was not made')
  const listed = { ...made, subscribed: options.subscribed === true }
  work.boxes = [...work.boxes, listed]
  return listed
}

async function addParents(work: Work, name: string): Promise<ListChange[]> {
  const changes: ListChange[] = []
  for (const parent of levelsAbove(name).filter((one) => !byName(work, one))) {
    const made = await addMailbox(work, parent)
    changes.push({ account: work.id, kind: 'created', mailbox: mailboxIdOf(made), name: parent })
  }
  return changes
}

/** An import brings the numbers of a mailbox that is there already: never used, such as INBOX, or begun by the same import. */
async function adopt(
  { session, account }: Work,
  existing: Listed,
  options: CreateOptions | undefined,
): Promise<Result<Written<Mailbox>>> {
  const fits = existing.uid_next === 1 || existing.uid_validity === options?.uidValidity
  if (options?.uidValidity === undefined || !fits) return failed({ kind: 'mailbox-exists' })
  const [changed] = await session.query<MailboxRecord>(
    `WITH numbers AS (
       UPDATE mailbox.accounts SET last_uid_validity = $6 WHERE account = $1
     ), subscription AS (
       INSERT INTO mailbox.records (account, kind, key, value) SELECT $1, 'subscription', $7, '' WHERE $8 ON CONFLICT DO NOTHING
     )
     UPDATE mailbox.mailboxes SET uid_validity = $3, uid_next = $4, special_use = $5
     WHERE account = $1 AND mailbox = $2 RETURNING *`,
    [
      existing.account,
      existing.mailbox,
      options.uidValidity,
      Math.max(existing.uid_next, options.uidNext ?? 1),
      options.specialUse?.join(' ') ?? existing.special_use,
      Math.max(account.last_uid_validity, options.uidValidity),
      existing.name,
      options.subscribed === true,
    ],
  )
  if (!changed) throw new Error('a mailbox went away under its lock')
  return written(toMailbox(changed, existing.subscribed || options.subscribed === true), [])
}

async function create(work: Work, name: string, options?: CreateOptions): Promise<Result<Written<Mailbox>>> {
  const existing = byName(work, name)
  if (existing) return adopt(work, existing, options)
  const parents = await addParents(work, name)
  const made = await addMailbox(work, name, options)
  // It may have been subscribed before it was there.
  const [subscription] = await work.session.query(
    "SELECT 1 FROM mailbox.records WHERE account = $1 AND kind = 'subscription' AND key = $2",
    [made.account, name],
  )
  const mailbox = toMailbox(made, subscription !== undefined)
  return written(mailbox, [...parents, { account: work.id, kind: 'created', mailbox: mailbox.id, name }])
}

const ENTRIES = 'SELECT * FROM mailbox.entries WHERE account = $1 AND mailbox = $2 ORDER BY uid'

async function renameInbox(work: Work, inbox: Listed, to: string, clock: Clock): Promise<Result<Written<void>>> {
  // RFC 9051 6.3.6: the messages move, INBOX stays with its children; who has it selected sees them go.
  const made = await create(work, to)
  if (!made.ok) return made
  const target = byName(work, to)
  if (!target) throw new Error('a mailbox was not made')
  const entries = await work.session.query<EntryRecord>(ENTRIES, [inbox.account, inbox.mailbox])
  const moved = await copyEntries(work.session, clock, work.id, { from: inbox, to: target, entries, kind: 'move' })
  return ok({ value: undefined, commit: { mailboxes: moved.commit.mailboxes, list: made.value.commit.list } })
}

async function rename(work: Work, from: string, to: string, clock: Clock): Promise<Result<Written<void>>> {
  const found = byName(work, from)
  const below = work.boxes.filter(({ name }) => name.startsWith(`${from}/`))
  if (!found && below.length === 0) return failed({ kind: 'no-such-mailbox' })
  if (byName(work, to) || to === from) return failed({ kind: 'mailbox-exists' })
  if (found && from === 'INBOX') return renameInbox(work, found, to, clock)
  if (to.startsWith(`${from}/`)) {
    return failed({ kind: 'bad-mailbox-name', why: 'a mailbox cannot become its own child' })
  }
  const moved = [...(found ? [found] : []), ...below].map((one) => ({
    one,
    name: to + one.name.slice(from.length),
  }))
  if (moved.some(({ name }) => byName(work, name))) return failed({ kind: 'mailbox-exists' })
  const parents = await addParents(work, to)
  await work.session.query(
    `UPDATE mailbox.mailboxes m SET name = t.name FROM unnest($2::bigint[], $3::text[]) AS t(mailbox, name)
     WHERE m.account = $1 AND m.mailbox = t.mailbox`,
    [work.account.account, moved.map(({ one }) => one.mailbox), moved.map(({ name }) => name)],
  )
  const renamed = moved.map(
    ({ one, name }): ListChange => ({
      account: work.id,
      kind: 'renamed',
      mailbox: mailboxIdOf(one),
      name,
      oldName: one.name,
    }),
  )
  return written(undefined, [...parents, ...renamed])
}

async function remove(work: Work, name: string, clock: Clock, bin?: Keeping): Promise<Result<Written<void>>> {
  if (name === 'INBOX') return failed({ kind: 'not-permitted', why: 'INBOX cannot be deleted' })
  const found = byName(work, name)
  if (!found) return failed({ kind: 'no-such-mailbox' })
  const key = [found.account, found.mailbox]
  const entries = await work.session.query<EntryRecord>(ENTRIES, key)
  if (bin) await binEntries(work.session, work.account, found, entries, bin, clock.now())
  else await releaseEntries(work.session, found, entries)
  for (const table of ['changes', 'mailboxes']) {
    await work.session.query(`DELETE FROM mailbox.${table} WHERE account = $1 AND mailbox = $2`, key)
  }
  return written(undefined, [{ account: work.id, kind: 'deleted', mailbox: mailboxIdOf(found), name }])
}

/** Finds, or makes, the mailboxes that messages of the bin come back to. */
export async function mailboxFor(session: Session, id: AccountId, account: AccountRecord) {
  const boxes = (await session.query(`${LIST}$1`, [account.account])) as unknown as Listed[]
  const work: Work = { id, session, account, boxes }
  const made: ListChange[] = []
  return {
    made: made as readonly ListChange[],
    /** Where it was, or what has its name now. */
    async of({ mailbox, name }: BinKey & { readonly name: string }): Promise<MailboxRecord> {
      const found = work.boxes.find((box) => box.mailbox === mailbox) ?? byName(work, name)
      if (found) return found
      made.push(...(await addParents(work, name)))
      const box = await addMailbox(work, name)
      made.push({ account: id, kind: 'created', mailbox: mailboxIdOf(box), name })
      return box
    },
  }
}

/** Of no mailbox: nothing. */
const claimOf = (record: Pick<MailboxRecord, 'recent_from' | 'uid_next'> | undefined): RecentClaim => ({
  from: uid(record?.recent_from ?? 1),
  next: uid(record?.uid_next ?? 1),
})

export function createMailboxTable(db: Database, clock: Clock): MailboxTable {
  const write = <T>(id: AccountId, run: (work: Work) => Promise<Result<Written<T>>>): Promise<Result<Written<T>>> =>
    db.write(accountNumber(id), [LIST + accountNumber(id)], async (session, [locked = [], listed = []]) => {
      // The columns that were asked for.
      const [account] = locked as unknown as AccountRecord[]
      if (!account) return failed({ kind: 'no-such-account' })
      return run({ id, session, account, boxes: listed as unknown as Listed[] })
    })
  const one = async (text: string, values: readonly unknown[]): Promise<Mailbox | undefined> => {
    const [row] = await db.read<Listed>(text, values)
    return row && toMailbox(row, row.subscribed)
  }

  return {
    async list(id) {
      const rows = await db.read<Listed>(`${LIST}$1`, [accountNumber(id)])
      return rows
        .map((row) => toMailbox(row, row.subscribed))
        .sort((a, b) => (a.name === 'INBOX' ? -1 : b.name === 'INBOX' ? 1 : a.name < b.name ? -1 : 1))
    },
    find: (id, name) => one(`${LIST}$1 AND m.name = $2`, [accountNumber(id), name]),
    get: (id, mailbox) => {
      const account = accountNumber(id)
      return one(`${LIST}$1 AND m.mailbox = $2`, [account, mailboxNumber(account, mailbox)])
    },
    modSeq: async (id, mailbox) => {
      const account = accountNumber(id)
      const text = `SELECT mod_seq, ${NOT_CRASHED} FROM mailbox.mailboxes WHERE account = $1 AND mailbox = $2`
      const [found] = await db.read<Pick<MailboxRecord, 'mod_seq'>>(text, [account, mailboxNumber(account, mailbox)])
      return found && modSeq(found.mod_seq)
    },
    create: (id, name, options) => write(id, (work) => create(work, name, options)),
    rename: (id, from, to) => write(id, (work) => rename(work, from, to, clock)),
    remove: (id, name, bin) => write(id, (work) => remove(work, name, clock, bin)),
    setSpecialUse: (id, name, uses) =>
      write(id, async (work) => {
        const text = 'UPDATE mailbox.mailboxes SET special_use = $3 WHERE account = $1 AND name = $2 RETURNING name'
        const changed = await work.session.query(text, [work.account.account, name, uses.join(' ')])
        return changed.length > 0 ? ok({ value: undefined, commit: NO_COMMIT }) : failed({ kind: 'no-such-mailbox' })
      }),
    async claimRecent(id, mailbox) {
      const account = accountNumber(id)
      const number = mailboxNumber(account, mailbox)
      const [now] = await db.read<MailboxRecord>(
        'SELECT recent_from, uid_next FROM mailbox.mailboxes WHERE account = $1 AND mailbox = $2',
        [account, number],
      )
      // Nothing new is the usual case and costs no write.
      if (!now || now.recent_from === now.uid_next) return claimOf(now)
      const [taken] = await db.visibly<Pick<MailboxRecord, 'recent_from' | 'uid_next'>>(
        `UPDATE mailbox.mailboxes m SET recent_from = m.uid_next
         FROM (SELECT account, mailbox, recent_from FROM mailbox.mailboxes
           WHERE account = ${account} AND mailbox = ${number} FOR UPDATE) AS before
         WHERE m.account = before.account AND m.mailbox = before.mailbox RETURNING before.recent_from, m.uid_next`,
      )
      return claimOf(taken)
    },
  }
}
