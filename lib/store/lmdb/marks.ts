import type { AccountId } from '../../terms/names'
import { accountNumber, digestOf } from '../ids'
import type { Mark, MarkTable } from '../marks'
import { accountKey, after } from './keys'
import type { Tables } from './tables'

/** Others that a new mark looks at, to remove those whose time is over: as many go as come. */
const SWEPT = 32

const keyOf = (account: number, { what }: Pick<Mark, 'what'>): Buffer =>
  Buffer.concat([accountKey(account), digestOf(what)])

export const counts = ({ marks }: Tables, account: number, mark: Pick<Mark, 'what' | 'at'>): boolean =>
  (marks.get(keyOf(account, mark)) ?? 0) > mark.at

/** Inside a write transaction. */
export function setMark({ marks }: Tables, account: number, mark: Mark): void {
  const key = keyOf(account, mark)
  void marks.put(key, mark.until)
  // Digests are spread evenly: behind this one lie others at random, and behind the last one the first.
  const ranges = [
    { start: key, end: after(accountKey(account)) },
    { start: accountKey(account), end: key },
  ]
  const swept = ranges.flatMap((range) => [...marks.getRange({ ...range, limit: SWEPT })]).slice(0, SWEPT)
  for (const { key: old, value } of swept) if (value <= mark.at) void marks.remove(old)
}

export const createMarkTable = (tables: Tables): MarkTable => ({
  has: async (id: AccountId, mark) => {
    tables.fresh()
    return counts(tables, accountNumber(id), mark)
  },
  set: (id: AccountId, mark) =>
    tables.write(() => {
      const account = accountNumber(id)
      if (!tables.accounts.doesExist(accountKey(account)) || counts(tables, account, mark)) return false
      setMark(tables, account, mark)
      return true
    }),
})
