import { failed, type Result } from '../terms/fault'
import { type BinnedId, binnedId } from '../terms/names'
import type { Account } from './account'
import type { BinnedAccount, BinnedMessage } from './bin'
import { makeEmailId } from './ids'
import { flagsFrom, keysFrom } from './row-types'
import type { Usage } from './usage'

/** The recycle bin in the drivers with SQL: its rows, and what it may hold. */

/** Why nobody gets into an account. */
export const REMOVED = 'the account was removed'

/** Why a name is not given to a new account. @param binned the account that has it is in the bin */
export const nameTaken = (binned: boolean): Result<never> =>
  failed({
    kind: 'not-permitted',
    why: binned ? 'an account of this name was removed: restore or erase it first' : 'name is taken',
  })

/** Octets that a message in the bin counts beside its own, so that many small ones have a bound as well. */
const ROWS = 1024
/** Messages of the bin that give way in one transaction at most. */
export const GIVE_WAY = 1000
/** messages of a page */
export const BIN_PAGE = 200

/** What messages in the bin count in its limit. */
export const binOctets = ({ bytes, messages }: Usage): number => bytes + messages * ROWS
export const binOctetsOf = (entries: readonly { readonly size: number }[]): number =>
  entries.reduce((sum, { size }) => sum + size + ROWS, 0)

/** The first of them that fit, and the others. */
export function fitting<E extends { readonly size: number }>(
  entries: readonly E[],
  octets: number,
): [fit: readonly E[], others: readonly E[]] {
  let sum = 0
  const end = entries.findIndex(({ size }) => {
    sum += size + ROWS
    return sum > octets
  })
  return end < 0 ? [entries, []] : [entries.slice(0, end), entries.slice(end)]
}

/** Where a message was: numbers of a mailbox and of a message in it are never used again, so they name it in the bin. */
export interface BinKey {
  readonly mailbox: number
  readonly uid: number
}
const makeBinnedId = ({ mailbox, uid }: BinKey): BinnedId => binnedId(`B${mailbox.toString(36)}-${uid.toString(36)}`)

/** Numbers that no message has, where it is none of ours. */
export function binKey(id: BinnedId): BinKey {
  const [, mailbox = '0', uid = '0'] = /^B([0-9a-z]{1,10})-([0-9a-z]{1,7})$/.exec(id) ?? []
  return { mailbox: Number.parseInt(mailbox, 36), uid: Number.parseInt(uid, 36) }
}

/** Rows of the drivers with SQL. */
export interface BinRecord extends BinKey {
  readonly message: number
  readonly name: string
  readonly flags: string
  readonly size: number
  readonly internal_date: number
  readonly added: number
  readonly removed_at: number
  readonly until: number
}
/** @param row with `keys`: JSON of the message's search keys */
export const toBinned = (account: number, row: BinRecord & { readonly keys: string }): BinnedMessage => ({
  id: makeBinnedId(row),
  emailId: makeEmailId(account, row.message),
  mailbox: row.name,
  flags: flagsFrom(row.flags),
  size: row.size,
  internalDate: row.internal_date,
  removedAt: row.removed_at,
  until: row.until,
  keys: keysFrom(row.keys),
})

/** Of a message that comes back: it is not to go again with the next EXPUNGE. */
export const restoredFlags = (flags: string): string =>
  flags
    .split(' ')
    .filter((flag) => flag.toLowerCase() !== '\\deleted')
    .join(' ')

/** Of an account that is in the bin; of others nothing. */
export const toBinnedAccount = ({ id, name, removed }: Account): BinnedAccount[] =>
  removed ? [{ id, name, removedAt: removed.at, until: removed.until }] : []
