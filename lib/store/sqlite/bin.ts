import type { Sql } from '../../engine/sqlite/connection/connection'
import { engineError } from '../../engine/sqlite/errors'
import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId, BinnedId, EmailId } from '../../terms/names'
import type { Clock } from '../../terms/ports'
import { turn } from '../../work/turns'
import type { Account } from '../account'
import type { BinnedAccounts, BinnedMessage, BinPlace, BinTable, Erased } from '../bin'
import { BIN_PAGE, type BinKey, type BinRecord, binKey, toBinned, toBinnedAccount } from '../bin-rows'
import type { MailboxChange } from '../change'
import { accountNumber, makeEmailId, messageNumber } from '../ids'
import { REMOVED_AT_ONCE } from '../limits'
import { indexRow, isBinned } from '../row-types'
import type { Usage } from '../usage'
import { accountText, accountTextOf, fromText } from './accounts'
import type { Mail } from './mail'
import { listOf } from './mailboxes'
import { changeOf } from './messages'
import { removedAccounts } from './read/accounts'
import { messageKey, messageRange } from './rows'
import type { Swaps } from './swaps'

type Row = BinRecord & { readonly keys: string }
/** A message whose row is lost, on a damaged file, is not shown. */
const ROWS = `SELECT b.*, m.keys FROM binned b JOIN messages m ON m.id = b.account * 4294967296 + b.message
  WHERE b.account = ?`
const PAGE = `${ROWS} AND (b.removed_at, b.mailbox, b.uid) < (?, ?, ?)
  ORDER BY b.removed_at DESC, b.mailbox DESC, b.uid DESC LIMIT ${BIN_PAGE}`
const ONE = `${ROWS} AND b.mailbox = ? AND b.uid = ?`
const USAGE = 'SELECT binned_bytes AS bytes, binned_messages AS messages FROM states WHERE account = ?'
const TOTAL = `SELECT coalesce(sum(binned_bytes), 0) AS bytes, coalesce(sum(binned_messages), 0) AS messages FROM states`
const NOTHING: Usage = { bytes: 0, messages: 0 }
const FIRST_OVER = 'SELECT 1 FROM binned WHERE until <= ? LIMIT 1'
const NUMBER = 'SELECT account FROM accounts WHERE name = ?'

const noAccount: Result<never> = failed({ kind: 'no-such-account' })

/** Times that the log is tried to be emptied, and milliseconds between two. */
const TRIES = 20
const PAUSE = 100

/**
 * What was erased lies in the log still, as it was written once: all of it goes to the file, where zeros stand in its place, and the
 * log is cut to nothing.
 * @returns whether it is so: somebody may be reading all the time
 */
async function emptyLog({ file, apart }: Mail): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const busy = await apart(async (sql) => {
      try {
        return sql.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')?.busy ?? 1
      } catch (error) {
        throw engineError(file, error)
      }
    })
    if (busy === 0) return true
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  return false
}

const TABLES = ['accounts', 'states', 'mailboxes', 'entries', 'changes', 'threads', 'records', 'binned']
const CONTENT = ['messages', 'chunks', 'copies']

const TEXTS = 'in the text index'

/** messages that one statement looks for */
const LOOKED_FOR = 500

/** What there is of messages, in words. */
async function leftOf(sql: Sql, ids: readonly (number | bigint)[]): Promise<string[]> {
  const left: string[] = []
  for (const table of [...CONTENT, 'gone']) {
    const text = `SELECT count(DISTINCT id) AS count FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`
    let count = 0
    for (let at = 0; at < ids.length; at += LOOKED_FOR) {
      const some = `[${ids.slice(at, at + LOOKED_FOR).join(',')}]`
      count += sql.get<{ count: number }>(text, some)?.count ?? 0
      await turn()
    }
    if (count > 0) left.push(`${count} messages ${table === 'gone' ? TEXTS : `in ${table}`}`)
  }
  return left
}

/** What there is of an account, in words. */
function leftOfAccount(sql: Sql, account: number): string[] {
  const own = TABLES.filter((table) => sql.get(`SELECT 1 FROM ${table} WHERE account = ? LIMIT 1`, account))
  const range = messageRange(account)
  const content = [...CONTENT, 'gone'].filter((table) =>
    sql.get(`SELECT 1 FROM ${table} WHERE id >= ? AND id < ? LIMIT 1`, ...range),
  )
  return [...own, ...content].map((table) => (table === 'gone' ? `messages ${TEXTS}` : `rows in ${table}`))
}

const DISK = 'overwritten with zeros in mail.sqlite, and its log is empty'
const BUSY = 'overwritten with zeros in mail.sqlite; its log could not be emptied, for somebody is reading all the time'

export function createBin(mail: Mail, swaps: Swaps, clock: Clock): BinTable {
  const { read: sql } = mail

  async function* list(id: AccountId, below?: BinPlace): AsyncGenerator<readonly BinnedMessage[]> {
    const account = accountNumber(id)
    const end = below && binKey(below.id)
    let at: readonly number[] = [below?.removedAt ?? Number.MAX_SAFE_INTEGER, end?.mailbox ?? 0, end?.uid ?? 0]
    for (;;) {
      const rows = sql.all<Row>(PAGE, account, ...at)
      if (rows.length > 0) yield rows.map((row) => toBinned(account, row))
      const last = rows.at(-1)
      if (!last || rows.length < BIN_PAGE) return
      at = [last.removed_at, last.mailbox, last.uid]
      await turn()
    }
  }

  async function erase(account: number, which: readonly BinKey[] | 'all'): Promise<Erased> {
    let messages = 0
    let bytes = 0
    const gone: EmailId[] = []
    for (let at = 0; ; at += REMOVED_AT_ONCE) {
      const some = which === 'all' ? which : which.slice(at, at + REMOVED_AT_ONCE)
      if (some.length === 0) break
      const erased = await mail.write('eraseBinned', [account, some])
      if (which === 'all' && erased.rows === 0) break
      messages += erased.rows
      bytes += erased.bytes
      for (const message of erased.gone) gone.push(makeEmailId(account, message))
    }
    const disk = (await emptyLog(mail)) ? DISK : BUSY
    return { messages, bytes, gone, disk }
  }

  /** Changes an account that is in the bin, or comes into it. */
  function swap(account: number, change: (before: Account) => Account | undefined): Promise<Result<Account>> {
    return swaps(account, async (): Promise<Result<Account> | 'changed'> => {
      const before = accountTextOf(mail, account)
      const after = before && change(fromText(account, before))
      if (!before || !after) return noAccount
      const swapped = await mail.write('swapAccount', [account, before, accountText(after)])
      if (swapped === 'changed') return swapped
      return swapped === 'done' ? ok(after) : noAccount
    })
  }
  function binnedNamed(name: string): Account | undefined {
    const account = sql.get<{ account: number }>(NUMBER, name.toLowerCase())?.account
    const text = account === undefined ? undefined : accountTextOf(mail, account)
    const found = account !== undefined && text ? fromText(account, text) : undefined
    return found && isBinned(found) ? found : undefined
  }

  /** @returns undefined: somebody has restored it. It takes several transactions: nobody restores it from the first one on. */
  async function eraseAccount(account: number): Promise<Erased | undefined> {
    const over = await swap(account, ({ removed, ...before }) =>
      removed ? { ...before, removed: { ...removed, until: 0 } } : undefined,
    )
    if (!over.ok) return undefined
    const state = sql.get<Usage>(
      `SELECT used_bytes + binned_bytes AS bytes, used_messages + binned_messages AS messages FROM states WHERE account = ?`,
      account,
    )
    while (await mail.write('removeSome', [account, false, true], 'durable'));
    const disk = (await emptyLog(mail)) ? DISK : BUSY
    return { ...NOTHING, ...state, gone: [], disk }
  }

  const accounts: BinnedAccounts = {
    async *list() {
      for await (const account of removedAccounts(sql)) yield* toBinnedAccount(account)
    },
    find: async (name) => {
      const account = binnedNamed(name)
      return account && toBinnedAccount(account)[0]
    },
    async put(id, time) {
      const at = clock.now()
      const done = await swap(accountNumber(id), (before) =>
        isBinned(before) ? undefined : { ...before, removed: { at, until: at + time } },
      )
      return done.ok ? ok(undefined) : done
    },
    async restore(name) {
      const account = binnedNamed(name)
      if (!account) return noAccount
      const now = clock.now()
      return swap(accountNumber(account.id), ({ removed, ...before }) =>
        removed && removed.until > now ? before : undefined,
      )
    },
    async erase(name) {
      const account = binnedNamed(name)
      const erased = account && (await eraseAccount(accountNumber(account.id)))
      return erased ? ok(erased) : noAccount
    },
  }

  return {
    usage: async (id) => ({ ...NOTHING, ...sql.get<Usage>(USAGE, accountNumber(id)) }),
    total: async () => ({ ...NOTHING, ...sql.get<Usage>(TOTAL) }),
    list,
    async get(id, ids: readonly BinnedId[]) {
      const account = accountNumber(id)
      const found: BinnedMessage[] = []
      for (const { mailbox, uid } of ids.map(binKey)) {
        const row = sql.get<Row>(ONE, account, mailbox, uid)
        if (row) found.push(toBinned(account, row))
        await turn()
      }
      return found
    },
    async restore(id, ids, quota) {
      const keys = [...new Set(ids)].map(binKey)
      const done = await mail.write('restoreBinned', [accountNumber(id), keys, quota, clock.now()])
      if (!done.ok) return done
      const { list: changed, returned } = done.value
      const mailboxes = returned.map(
        ({ commit, entries }): MailboxChange => changeOf(id, commit, [{ kind: 'added', rows: entries.map(indexRow) }]),
      )
      const value = returned.map(({ name, entries }) => ({ mailbox: name, messages: entries.length }))
      return ok({ value, commit: { mailboxes, list: listOf(id, changed) } })
    },
    erase: (id, which) => erase(accountNumber(id), which === 'all' ? which : [...new Set(which)].map(binKey)),
    async left(id, messages) {
      const account = accountNumber(id)
      if (messages === 'all') return leftOfAccount(sql, account)
      return leftOf(
        sql,
        messages.map((email) => messageKey(account, messageNumber(account, email))),
      )
    },
    async expire() {
      const now = clock.now()
      if (sql.get(FIRST_OVER, now)) return (await mail.write('expireBinned', [now], 'visible')) > 0
      for await (const { id, until } of accounts.list()) {
        if (until > now) continue
        await eraseAccount(accountNumber(id))
        return true
      }
      return false
    },
    accounts,
  }
}
