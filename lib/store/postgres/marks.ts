import { type Mark, markCounts, markKey, markRecord } from '../records/marks'
import type { Session } from './database'
import { putRecords, removeExpired } from './records'

/** Marks of one account that an append reads in the round trip that takes the account's row; empty: none is asked for. */
export function markLookup(account: number, marks: readonly Mark[]): string[] {
  if (marks.length === 0) return []
  // Digests: hexadecimal digits.
  const list = marks.map((mark) => `'${markKey(mark)}'`).join(', ')
  return [`SELECT key, until FROM mailbox.records WHERE account = ${account} AND kind = 'mark' AND key IN (${list})`]
}

export interface MarkBook {
  counts(marks: readonly Mark[]): boolean
  add(marks: readonly Mark[]): void
  /** Writes those that were added, and removes others whose time is over. */
  write(session: Session, account: number): Promise<void>
}

/** @param found rows of `markLookup` */
export function markBook(found: readonly { readonly key: string; readonly until: number }[] = []): MarkBook {
  const known = new Map(found.map((row) => [row.key, row]))
  const added: Mark[] = []
  return {
    counts: (marks) => marks.some((mark) => markCounts(known.get(markKey(mark)), mark.at)),
    add(marks) {
      for (const mark of marks) known.set(markKey(mark), { key: markKey(mark), until: mark.until })
      added.push(...marks)
    },
    async write(session, account) {
      if (added.length === 0) return
      await removeExpired(session, account, 'mark', Math.min(...added.map(({ at }) => at)))
      await putRecords(session, account, 'mark', [
        ...new Map(added.map((mark) => [markKey(mark), markRecord(mark)])).values(),
      ])
    },
  }
}
