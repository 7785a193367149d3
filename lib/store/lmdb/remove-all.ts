import type { Database } from 'lmdb'
import { accountKey, after } from './keys'
import type { Tables } from './tables'

/** keys of one transaction, some milliseconds: see REMOVED_AT_ONCE */
const KEYS_AT_ONCE = 200

/** Takes all that an account has out of these tables, one after the other, in as many transactions as it needs. */
export async function removeAll(
  { write }: Pick<Tables, 'write'>,
  account: number,
  owned: readonly Database<unknown, Buffer>[],
): Promise<void> {
  const range = { start: accountKey(account), end: after(accountKey(account)) }
  const some = (): boolean => {
    let left = KEYS_AT_ONCE
    for (const table of owned) {
      const keys = [...table.getKeys({ ...range, limit: left })]
      for (const key of keys) void table.remove(key)
      left -= keys.length
      if (left === 0) return false
    }
    return true
  }
  while (!(await write(some)));
}
