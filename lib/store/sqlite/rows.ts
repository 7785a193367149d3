import { Contradiction } from '../../terms/errors'
import { parsedAttributes } from '../attributes'
import type { AccountRecord } from '../row-types'

/** Octets of a message lie in chunks of this size when they are more, so that reading a header does not read 25 MB. */
export const CHUNK = 64 * 1024

/** Numbers of messages that an account can have. */
export const MESSAGES = 2 ** 32
/** accounts below it have ids that a double holds */
const SMALL = 2 ** 21
const NOBODY = -1

/** `messages.id`; in SQL a message's number is `id & 4294967295`. Of a number that no message has, nobody's: not the next account's. */
export function messageKey(account: number, message: number): number | bigint {
  if (message >= MESSAGES) return NOBODY
  return account < SMALL ? account * MESSAGES + message : BigInt(account) * BigInt(MESSAGES) + BigInt(message)
}

/** `messages.id` of all that an account has: from the first to before the second. */
export const messageRange = (account: number): [number | bigint, number | bigint] => [
  messageKey(account, 0),
  messageKey(account + 1, 0),
]

/** `accounts` and `states` in one row; attributes are JSON still. */
export type OwnerRow = Omit<AccountRecord, 'attributes'> & { readonly attributes: string }
export const OWNER = 'SELECT * FROM accounts JOIN states USING (account)'

/** For an audit: of attributes that cannot be read nothing is there. */
export const ownerOf = (row: OwnerRow): AccountRecord => ({
  ...row,
  attributes: parsedAttributes(row.attributes) ?? {},
})

/** Throws `Contradiction` when they cannot be read. */
export function attributesOf({ name, attributes }: Pick<OwnerRow, 'name' | 'attributes'>): Record<string, unknown> {
  const found = parsedAttributes(attributes)
  if (found) return found
  throw new Contradiction(`the attributes of account ${name} are damaged: haraka-mailbox check ${name} says what to do`)
}

/** UIDs in the order in which they stand; runs that ascend by one as in a set of IMAP: `1:5,9`. */
export function uidsText(uids: readonly number[]): string {
  const runs: string[] = []
  for (let first = 0; first < uids.length; ) {
    const from = uids[first] ?? 0
    let last = first
    while (uids[last + 1] === from + (last + 1 - first)) last++
    runs.push(first === last ? String(from) : `${from}:${uids[last]}`)
    first = last + 1
  }
  return runs.join(',')
}

export function uidsFrom(text: string): number[] {
  if (text === '') return []
  const uids: number[] = []
  for (const run of text.split(',')) {
    const colon = run.indexOf(':')
    const from = Number(colon < 0 ? run : run.slice(0, colon))
    const to = colon < 0 ? from : Number(run.slice(colon + 1))
    for (let uid = from; uid <= to; uid++) uids.push(uid)
  }
  return uids
}
