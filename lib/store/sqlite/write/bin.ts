import type { Sql } from '../../../engine/sqlite/connection/connection'
import { failed, ok, type Result } from '../../../terms/fault'
import { type BinKey, type BinRecord, restoredFlags } from '../../bin-rows'
import { nothing, overQuota, quotaOctets, weigh } from '../../counting'
import { MAX_UID, REMOVED_AT_ONCE } from '../../limits'
import { flagsFrom, type MailboxRecord } from '../../row-types'
import type { AppendOptions } from '../../store'
import { eraseRows, LEAVING, type Leaving, takeOut } from './bin-rows'
import { putEntry } from './entry-rows'
import { addUsage, boxNamed, boxOf, type Committed, commitBox, committed, stateOf } from './mailbox-rows'
import { type Listed, makeMailbox } from './mailboxes'
import { type ShownEntry, usedOf } from './messages'
import { overwriting } from './overwriting'

/** Messages that came back to a mailbox. */
export interface Returned {
  readonly name: string
  readonly entries: readonly ShownEntry[]
  readonly commit: Committed
}
export interface Restored {
  readonly list: readonly Listed[]
  readonly returned: readonly Returned[]
}

/** What went in one step. */
export interface ErasedRows {
  readonly rows: number
  readonly bytes: number
  /** messages that are nowhere any more */
  readonly gone: readonly number[]
}

const BINNED = 'SELECT * FROM binned WHERE account = ? AND mailbox = ? AND uid = ?'
const SOME = `SELECT ${LEAVING} FROM binned WHERE account = ? LIMIT ${REMOVED_AT_ONCE}`
const OVER = `SELECT account, ${LEAVING} FROM binned WHERE until <= ? ORDER BY until LIMIT ${REMOVED_AT_ONCE}`

/** Where it was, or what has its name now. */
const boxFor = (sql: Sql, account: number, { mailbox, name }: BinRecord): MailboxRecord | undefined =>
  boxOf(sql, account, mailbox) ?? boxNamed(sql, account, name)

function returnTo(sql: Sql, box: MailboxRecord, rows: readonly BinRecord[], now: number): Returned {
  const delta = nothing()
  const entries = rows.map((row, index) => {
    const { message, size, internal_date, added } = row
    const flags = restoredFlags(row.flags)
    const dates = { internal_date, save_date: now }
    const numbers = { uid: box.uid_next + index, mod_seq: box.mod_seq + 1 }
    const entry = { ...numbers, message, flags, size, ...dates, uidl: '', added }
    putEntry(sql, box, entry)
    weigh(delta, flagsFrom(flags), size, 1)
    return entry
  })
  addUsage(sql, box.account, delta)
  const added = entries.map(({ uid }) => uid)
  const commit = committed(box, commitBox(sql, box, { delta, uidNext: box.uid_next + added.length, added }))
  return { name: box.name, entries, commit }
}

export const binOperations = (sql: Sql) => ({
  restoreBinned(
    account: number,
    keys: readonly BinKey[],
    quota: AppendOptions['quota'],
    now: number,
  ): Result<Restored> {
    const state = stateOf(sql, account)
    if (!state) return failed({ kind: 'no-such-account' })
    const rows = keys.flatMap(({ mailbox, uid }) => sql.all<BinRecord>(BINNED, account, mailbox, uid))
    const bytes = rows.reduce((sum, { size, flags }) => sum + quotaOctets(size, flagsFrom(restoredFlags(flags))), 0)
    if (overQuota(usedOf(state), { quota }, bytes, rows.length)) return failed({ kind: 'over-quota' })
    const nextUid = (row: BinRecord): number => boxFor(sql, account, row)?.uid_next ?? 1
    if (rows.some((row) => nextUid(row) + rows.length > MAX_UID))
      return failed({ kind: 'limit', why: 'UID out of range' })
    const list: Listed[] = []
    const targets = new Map<number, { readonly box: MailboxRecord; readonly rows: BinRecord[] }>()
    for (const row of rows) {
      let box = boxFor(sql, account, row)
      if (!box) {
        const made = makeMailbox(sql, account, row.name)
        list.push(...made.list)
        box = made.box
      }
      const target = targets.get(box.mailbox) ?? { box, rows: [] }
      targets.set(box.mailbox, target)
      target.rows.push(row)
    }
    takeOut(sql, account, rows)
    const returned = [...targets.values()].map(({ box, rows: its }) => returnTo(sql, box, its, now))
    return ok({ list, returned })
  },

  /**
   * Erases these, or some of all, so that their octets are not on the disk any more when it is written back.
   * @returns no rows: it is done
   */
  eraseBinned(account: number, keys: readonly BinKey[] | 'all'): ErasedRows {
    const rows =
      keys === 'all'
        ? sql.all<Leaving>(SOME, account)
        : keys.flatMap(({ mailbox, uid }) => sql.all<BinRecord>(BINNED, account, mailbox, uid))
    const gone = overwriting(sql, () => eraseRows(sql, account, rows))
    return { rows: rows.length, bytes: rows.reduce((sum, { size }) => sum + size, 0), gone }
  },

  /** Erases some whose time is over. @returns how many */
  expireBinned(now: number): number {
    const rows = sql.all<Leaving & { readonly account: number }>(OVER, now)
    for (const account of new Set(rows.map((row) => row.account))) {
      eraseRows(
        sql,
        account,
        rows.filter((row) => row.account === account),
      )
    }
    return rows.length
  },
})
