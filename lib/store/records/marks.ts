import type { AccountId } from '../../terms/names'
import { digestOf } from '../ids'
import type { RecordTable, StoredRecord } from './records'

/** An account's note that something was done, which counts for a time: it is not to be done again. */
export interface Mark {
  /** any text; a digest of it is kept */
  readonly what: string
  /** now, and the end of its time: milliseconds since 1970 */
  readonly at: number
  readonly until: number
}

/** Beside these, `append` takes marks of its own. A store removes those whose time is over when it writes others. */
export interface MarkTable {
  /** Whether there is one that still counts. */
  has(account: AccountId, mark: Pick<Mark, 'what' | 'at'>): Promise<boolean>
  /** @returns false: one was there that still counts, and it stays as it is */
  set(account: AccountId, mark: Mark): Promise<boolean>
  /** Its time begins anew when there is one. */
  renew(account: AccountId, mark: Mark): Promise<void>
}

export const markKey = ({ what }: Pick<Mark, 'what'>): string => digestOf(what).toString('hex')

const NO_VALUE = Buffer.alloc(0)

export const markRecord = (mark: Mark): StoredRecord => ({ key: markKey(mark), value: NO_VALUE, until: mark.until })

export const markCounts = (record: Pick<StoredRecord, 'until'> | undefined, at: number): boolean =>
  (record?.until ?? 0) > at

export const createMarkTable = (records: RecordTable): MarkTable => ({
  has: async (account, mark) => markCounts(await records.get(account, 'mark', markKey(mark)), mark.at),
  async set(account, mark) {
    const key = markKey(mark)
    const done = await records.change(account, 'mark', [key], (found) =>
      markCounts(found.get(key), mark.at)
        ? { value: false }
        : { value: true, put: [markRecord(mark)], expired: mark.at },
    )
    return done ?? false
  },
  async renew(account, mark) {
    const put = [markRecord(mark)]
    await records.change(account, 'mark', [markKey(mark)], () => ({ value: true, put, expired: mark.at }))
  },
})
