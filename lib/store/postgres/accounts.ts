import { failed, ok } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { Clock } from '../../terms/ports'
import type { Account } from '../account'
import { nameTaken } from '../bin-rows'
import { accountNumber } from '../ids'
import { type AccountRecord, isBinned, toAccount } from '../row-types'
import type { AccountTable } from '../store'
import type { Database, Session } from './database'

const PAGE = 500

const taken = nameTaken(false)
export const COLUMNS = 'account, name, attributes'
export const OWNED = [
  'mailboxes',
  'entries',
  'messages',
  'chunks',
  'threads',
  'changes',
  'records',
  'binned',
  'texts',
  'indexed',
]

/** In order of name. @param which a condition */
async function* accountsBy(db: Database, which: string): AsyncGenerator<Account> {
  const text = `SELECT ${COLUMNS} FROM mailbox.accounts WHERE ${which} AND name > $1 ORDER BY name LIMIT ${PAGE}`
  for (let last = ''; ; ) {
    const page = await db.read<AccountRecord>(text, [last])
    for (const row of page) yield toAccount(row)
    last = page.at(-1)?.name ?? ''
    if (page.length < PAGE) return
  }
}

/** Those in the recycle bin. */
export const removedAccounts = (db: Database): AsyncGenerator<Account> =>
  accountsBy(db, "attributes->'removed' IS NOT NULL")

/** In a transaction that holds the account. */
export async function removeAll(query: Session['query'], account: number): Promise<void> {
  for (const table of [...OWNED, 'accounts']) await query(`DELETE FROM mailbox.${table} WHERE account = $1`, [account])
}

function present(row: AccountRecord): Account | undefined {
  const account = toAccount(row)
  return isBinned(account) ? undefined : account
}

export function createAccountTable(db: Database, clock: Clock): AccountTable {
  async function get(id: AccountId): Promise<Account | undefined> {
    const text = `SELECT ${COLUMNS} FROM mailbox.accounts WHERE account = $1`
    const [row] = await db.read<AccountRecord>(text, [accountNumber(id)])
    return row && present(row)
  }

  return {
    get,
    async create(wanted) {
      const name = wanted.name.toLowerCase()
      if (/\s/.test(name)) return taken
      const { name: _name, ...given } = wanted
      const attributes = {
        disabled: false,
        protocols: [],
        overrides: {},
        admin: false,
        ...given,
        createdAt: clock.now(),
      }
      const [row] = await db.read<AccountRecord>(
        `WITH made AS (
           INSERT INTO mailbox.accounts (name, attributes, last_mailbox, last_uid_validity) VALUES ($1, $2, 1, $3)
           ON CONFLICT (name) DO NOTHING RETURNING ${COLUMNS}
         ), inbox AS (
           INSERT INTO mailbox.mailboxes (account, mailbox, name, uid_validity, uid_next, recent_from)
           SELECT account, 1, 'INBOX', $3, 1, 1 FROM made
         ), subscription AS (
           INSERT INTO mailbox.records (account, kind, key, value) SELECT account, 'subscription', 'INBOX', '' FROM made
         )
         SELECT ${COLUMNS} FROM made`,
        [name, JSON.stringify(attributes), Math.floor(clock.now() / 1000) + 1],
      )
      if (row) return ok(toAccount(row))
      const [holder] = await db.read<AccountRecord>(`SELECT ${COLUMNS} FROM mailbox.accounts WHERE name = $1`, [name])
      return nameTaken(holder !== undefined && isBinned(toAccount(holder)))
    },
    async find(name) {
      const text = `SELECT ${COLUMNS} FROM mailbox.accounts WHERE name = $1`
      const [row] = await db.read<AccountRecord>(text, [name.toLowerCase()])
      return row && present(row)
    },
    update: (id, change) =>
      db.write(accountNumber(id), [], async ({ query }, [locked = []]) => {
        // The columns that were asked for.
        const [row] = locked as unknown as AccountRecord[]
        const before = row && present(row)
        if (!before) return failed({ kind: 'no-such-account' })
        const patch = change(before)
        if (!patch.ok) return patch
        const { id: _id, name: wanted, ...attributes } = { ...before, ...patch.value }
        const name = wanted.toLowerCase()
        const [other] = await query(`SELECT 1 FROM mailbox.accounts WHERE name = $1 AND account <> $2`, [
          name,
          row.account,
        ])
        if (other) return taken
        const text = `UPDATE mailbox.accounts SET name = $2, attributes = $3 WHERE account = $1`
        await query(text, [row.account, name, JSON.stringify(attributes)])
        return ok({ ...attributes, name, id })
      }),
    remove: (id) =>
      db.write(accountNumber(id), [], async ({ query }, [locked = []]) => {
        // The columns that were asked for.
        const [row] = locked as unknown as AccountRecord[]
        if (!row || isBinned(toAccount(row))) return failed({ kind: 'no-such-account' })
        await removeAll(query, row.account)
        return ok(undefined)
      }),
    async *list() {
      yield* accountsBy(db, "attributes->'removed' IS NULL")
    },
    async usage(id) {
      const text = 'SELECT used_bytes, used_messages FROM mailbox.accounts WHERE account = $1'
      const [row] = await db.read<AccountRecord>(text, [accountNumber(id)])
      return { bytes: row?.used_bytes ?? 0, messages: row?.used_messages ?? 0 }
    },
  }
}
