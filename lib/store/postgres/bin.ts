import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { Clock } from '../../terms/ports'
import type { Account } from '../account'
import type { BinnedAccounts, BinnedMessage, BinPlace, BinTable, Erased } from '../bin'
import { BIN_PAGE, type BinKey, type BinRecord, binKey, restoredFlags, toBinned, toBinnedAccount } from '../bin-rows'
import type { MailboxChange } from '../change'
import { nothing, overQuota, quotaOctets, weigh } from '../counting'
import { accountNumber, makeEmailId, messageNumber } from '../ids'
import { MAX_UID, REMOVED_AT_ONCE } from '../limits'
import { type AccountRecord, flagsFrom, indexRow, isBinned, type MailboxRecord, toAccount } from '../row-types'
import type { Usage } from '../usage'
import { COLUMNS, OWNED, removeAll, removedAccounts } from './accounts'
import { eraseRows, keyColumns, takeOut } from './bin-rows'
import type { Database, Session } from './database'
import { addUsage } from './entries'
import { mailboxFor } from './mailboxes'
import { commitMailbox } from './messages-write'

type Row = BinRecord & { readonly keys: string }
const ROWS = `SELECT b.*, m.keys::text AS keys FROM mailbox.binned b
  JOIN mailbox.messages m ON m.account = b.account AND m.message = b.message`
const PAGE = `${ROWS} WHERE b.account = $1 AND (b.removed_at, b.mailbox, b.uid) < ($2, $3, $4)
  ORDER BY b.removed_at DESC, b.mailbox DESC, b.uid DESC LIMIT ${BIN_PAGE}`
const THESE = 'JOIN unnest($2::bigint[], $3::bigint[]) AS t(mailbox, uid) ON b.mailbox = t.mailbox AND b.uid = t.uid'
const SOME = `${ROWS} ${THESE} WHERE b.account = $1`
const BINNED = `SELECT b.* FROM mailbox.binned b ${THESE} WHERE b.account = $1 ORDER BY b.mailbox, b.uid`
const ANY = `SELECT * FROM mailbox.binned WHERE account = $1 LIMIT ${REMOVED_AT_ONCE}`
const OVER = `SELECT * FROM mailbox.binned WHERE account = $1 AND until <= $2 LIMIT ${REMOVED_AT_ONCE}`
const OVERDUE = 'SELECT account FROM mailbox.binned WHERE until <= $1 ORDER BY until LIMIT 1'
const USAGE = 'binned_bytes AS bytes, binned_messages AS messages FROM mailbox.accounts'
const TOTAL = `SELECT coalesce(sum(binned_bytes), 0)::bigint AS bytes, coalesce(sum(binned_messages), 0)::bigint AS messages
  FROM mailbox.accounts`
const NOTHING: Usage = { bytes: 0, messages: 0 }
const PUT = `
INSERT INTO mailbox.entries (account, mailbox, uid, message, flags, mod_seq, size, internal_date, save_date, added)
SELECT $1, $2, t.uid, t.message, t.flags, $3, t.size, t.internal_date, $4, t.added
FROM unnest($5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::float8[], $10::bigint[])
  AS t(uid, message, flags, size, internal_date, added)`

const noAccount: Result<never> = failed({ kind: 'no-such-account' })

/** What PostgreSQL does with the place of rows that are gone is its own affair: no statement overwrites it. */
const DISK =
  'gone for every query; PostgreSQL gives their place to others after VACUUM, and its log keeps them until it is recycled'

type Loose<R> = R & Record<string, unknown>

/** Messages come back to a mailbox. */
async function returnTo(
  session: Session,
  id: AccountId,
  box: MailboxRecord,
  rows: readonly BinRecord[],
  now: number,
): Promise<MailboxChange> {
  const next = box.mod_seq + 1
  const delta = nothing()
  const entries = rows.map((row, index) => ({ ...row, uid: box.uid_next + index, flags: restoredFlags(row.flags) }))
  for (const { flags, size } of entries) weigh(delta, flagsFrom(flags), size, 1)
  const columns = (['uid', 'message', 'flags', 'size', 'internal_date', 'added'] as const).map((name) =>
    entries.map((entry) => entry[name]),
  )
  await session.query(PUT, [box.account, box.mailbox, next, now, ...columns])
  await addUsage(session, box.account, delta)
  const added = entries.map((entry) => indexRow({ ...entry, mod_seq: next }))
  return commitMailbox(session, id, box, delta, [{ kind: 'added', rows: added }], box.uid_next + entries.length)
}

/** The rows that a write has locked: the columns that were asked for. */
const ownerOf = (locked: readonly unknown[] = []): AccountRecord | undefined => (locked as readonly AccountRecord[])[0]

export function createBin(db: Database, clock: Clock): BinTable {
  async function* list(id: AccountId, below?: BinPlace): AsyncGenerator<readonly BinnedMessage[]> {
    const account = accountNumber(id)
    const end = below && binKey(below.id)
    let at: readonly number[] = [below?.removedAt ?? Number.MAX_SAFE_INTEGER, end?.mailbox ?? 0, end?.uid ?? 0]
    for (;;) {
      const rows = await db.read<Loose<Row>>(PAGE, [account, ...at])
      if (rows.length > 0) yield rows.map((row) => toBinned(account, row))
      const last = rows.at(-1)
      if (!last || rows.length < BIN_PAGE) return
      at = [last.removed_at, last.mailbox, last.uid]
    }
  }

  /** Erases rows of one account. @returns what went, and messages that are nowhere any more */
  async function eraseSome(account: number, text: string, values: readonly unknown[]) {
    const done = await db.write(account, [], async (session) => {
      const rows = await session.query<Loose<BinRecord>>(text, [account, ...values])
      const gone = await eraseRows(session, account, rows)
      return ok({ messages: rows.length, bytes: rows.reduce((sum, { size }) => sum + size, 0), gone })
    })
    return done.ok ? done.value : { ...NOTHING, gone: [] }
  }

  async function leftOf(account: number, messages: readonly number[]): Promise<string[]> {
    const left: string[] = []
    for (const table of ['messages', 'chunks', 'texts']) {
      const text = `SELECT count(DISTINCT message) AS count FROM mailbox.${table} WHERE account = $1 AND message = ANY($2::bigint[])`
      const [row] = await db.read<{ count: number }>(text, [account, messages])
      if (row && row.count > 0) left.push(`${row.count} messages in ${table}`)
    }
    return left
  }

  async function leftOfAccount(account: number): Promise<string[]> {
    const left: string[] = []
    for (const table of [...OWNED, 'accounts']) {
      const found = await db.read(`SELECT 1 FROM mailbox.${table} WHERE account = $1 LIMIT 1`, [account])
      if (found.length > 0) left.push(`rows in ${table}`)
    }
    return left
  }

  async function erase(account: number, which: readonly BinKey[] | 'all'): Promise<Erased> {
    let messages = 0
    let bytes = 0
    const gone: number[] = []
    for (let at = 0; ; at += REMOVED_AT_ONCE) {
      const some = which === 'all' ? [] : which.slice(at, at + REMOVED_AT_ONCE)
      if (which !== 'all' && some.length === 0) break
      const erased = await (which === 'all'
        ? eraseSome(account, ANY, [])
        : eraseSome(account, BINNED, keyColumns(some)))
      if (which === 'all' && erased.messages === 0) break
      messages += erased.messages
      bytes += erased.bytes
      gone.push(...erased.gone)
    }
    return { messages, bytes, gone: gone.map((message) => makeEmailId(account, message)), disk: DISK }
  }

  /** Changes an account that is in the bin, or comes into it. */
  const change = (
    account: number,
    run: (before: Account, session: Session) => Promise<Result<Account>> | Result<Account>,
  ): Promise<Result<Account>> =>
    db.write(account, [], async (session, [locked]) => {
      const row = ownerOf(locked)
      if (!row) return noAccount
      const changed = await run(toAccount(row), session)
      if (!changed.ok) return changed
      const { id: _id, name: _name, ...attributes } = changed.value
      const text = 'UPDATE mailbox.accounts SET attributes = $2 WHERE account = $1'
      await session.query(text, [account, JSON.stringify(attributes)])
      return changed
    })
  async function binnedNamed(name: string): Promise<Account | undefined> {
    const text = `SELECT ${COLUMNS} FROM mailbox.accounts WHERE name = $1`
    const [row] = await db.read<Loose<AccountRecord>>(text, [name.toLowerCase()])
    const account = row && toAccount(row)
    return account && isBinned(account) ? account : undefined
  }

  /** @returns undefined: somebody has restored it, or it is gone */
  async function eraseAccount(account: number): Promise<Erased | undefined> {
    const done = await db.write<Usage>(account, [], async ({ query }, [locked]) => {
      const row = ownerOf(locked)
      if (!row || !isBinned(toAccount(row))) return noAccount
      await removeAll(query, account)
      return ok({ bytes: row.used_bytes + row.binned_bytes, messages: row.used_messages + row.binned_messages })
    })
    if (!done.ok) return undefined
    return { ...done.value, gone: [], disk: DISK }
  }

  const accounts: BinnedAccounts = {
    async *list() {
      for await (const account of removedAccounts(db)) yield* toBinnedAccount(account)
    },
    async find(name) {
      const account = await binnedNamed(name)
      return account && toBinnedAccount(account)[0]
    },
    async put(id, time) {
      const at = clock.now()
      const done = await change(accountNumber(id), (before) =>
        isBinned(before) ? noAccount : ok({ ...before, removed: { at, until: at + time } }),
      )
      return done.ok ? ok(undefined) : done
    },
    async restore(name) {
      const account = await binnedNamed(name)
      if (!account) return noAccount
      return change(accountNumber(account.id), ({ removed, ...before }) =>
        removed && removed.until > clock.now() ? ok(before) : noAccount,
      )
    },
    async erase(name) {
      const account = await binnedNamed(name)
      const erased = account && (await eraseAccount(accountNumber(account.id)))
      return erased ? ok(erased) : noAccount
    },
  }

  return {
    async usage(id) {
      const [row] = await db.read<Loose<Usage>>(`SELECT ${USAGE} WHERE account = $1`, [accountNumber(id)])
      return row ?? NOTHING
    },
    async total() {
      const [row] = await db.read<Loose<Usage>>(TOTAL)
      return row ?? NOTHING
    },
    list,
    async get(id, ids) {
      const account = accountNumber(id)
      const rows = await db.read<Loose<Row>>(SOME, [account, ...keyColumns(ids.map(binKey))])
      return rows.map((row) => toBinned(account, row))
    },
    restore: (id, ids, quota) =>
      db.write(accountNumber(id), [], async (session, [locked]) => {
        const owner = ownerOf(locked)
        if (!owner) return noAccount
        const { account, used_bytes: bytes, used_messages: messages } = owner
        const keys = keyColumns([...new Set(ids)].map(binKey))
        const rows = await session.query<Loose<BinRecord>>(BINNED, [account, ...keys])
        const octets = rows.reduce(
          (sum, { size, flags }) => sum + quotaOctets(size, flagsFrom(restoredFlags(flags))),
          0,
        )
        if (overQuota({ bytes, messages }, { quota }, octets, rows.length)) return failed({ kind: 'over-quota' })
        const target = await mailboxFor(session, id, owner)
        const targets = new Map<number, { readonly box: MailboxRecord; readonly rows: BinRecord[] }>()
        for (const row of rows) {
          const box = await target.of(row)
          const its = targets.get(box.mailbox) ?? { box, rows: [] }
          targets.set(box.mailbox, its)
          its.rows.push(row)
        }
        const full = [...targets.values()].some(({ box, rows: its }) => box.uid_next + its.length > MAX_UID)
        if (full) return failed({ kind: 'limit', why: 'UID out of range' })
        await takeOut(session, account, rows)
        const mailboxes: MailboxChange[] = []
        for (const { box, rows: its } of targets.values()) {
          mailboxes.push(await returnTo(session, id, box, its, clock.now()))
        }
        const value = [...targets.values()].map(({ box, rows: its }) => ({ mailbox: box.name, messages: its.length }))
        return ok({ value, commit: { mailboxes, list: target.made } })
      }),
    erase: (id, which) => erase(accountNumber(id), which === 'all' ? which : [...new Set(which)].map(binKey)),
    async left(id, messages) {
      const account = accountNumber(id)
      if (messages === 'all') return leftOfAccount(account)
      return leftOf(
        account,
        messages.map((email) => messageNumber(account, email)),
      )
    },
    async expire() {
      const now = clock.now()
      const [overdue] = await db.read<{ account: number }>(OVERDUE, [now])
      if (overdue) return (await eraseSome(overdue.account, OVER, [now])).messages > 0
      for await (const { id, until } of accounts.list()) {
        if (until <= now) return (await eraseAccount(accountNumber(id))) !== undefined
      }
      return false
    },
    accounts,
  }
}
