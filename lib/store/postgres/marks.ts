import { accountNumber, digestOf } from '../ids'
import type { Mark, MarkTable } from '../marks'
import type { Database, Session } from './database'

const hex = ({ what }: Pick<Mark, 'what'>): string => digestOf(what).toString('hex')

/** Marks of one account that an append reads in the round trip that takes the account's row; empty: none is asked for. */
export function markLookup(account: number, marks: readonly Mark[]): string[] {
  if (marks.length === 0) return []
  const list = marks.map((mark) => `'\\x${hex(mark)}'::bytea`).join(', ')
  return [
    `SELECT encode(mark, 'hex') AS mark, until FROM mailbox.marks WHERE account = ${account} AND mark IN (${list})`,
  ]
}

export interface MarkBook {
  counts(marks: readonly Mark[]): boolean
  add(marks: readonly Mark[]): void
  /** Writes those that were added, and removes others whose time is over. */
  write(session: Session, account: number): Promise<void>
}

/** @param found rows of `markLookup` */
export function markBook(found: readonly { readonly mark: string; readonly until: number }[] = []): MarkBook {
  const known = new Map(found.map(({ mark, until }) => [mark, until]))
  const added: Mark[] = []
  return {
    counts: (marks) => marks.some((mark) => (known.get(hex(mark)) ?? 0) > mark.at),
    add(marks) {
      for (const mark of marks) known.set(hex(mark), mark.until)
      added.push(...marks)
    },
    async write({ query }, account) {
      if (added.length === 0) return
      await query('DELETE FROM mailbox.marks WHERE account = $1 AND until <= $2', [
        account,
        Math.min(...added.map(({ at }) => at)),
      ])
      await query(
        `INSERT INTO mailbox.marks (account, mark, until)
         SELECT $1, decode(mark, 'hex'), until FROM unnest($2::text[], $3::bigint[]) AS t(mark, until)
         ON CONFLICT (account, mark) DO UPDATE SET until = excluded.until`,
        [account, added.map(hex), added.map(({ until }) => until)],
      )
    },
  }
}

const SET = `
WITH swept AS (
  DELETE FROM mailbox.marks WHERE account = $1 AND until <= $3 AND mark <> decode($2, 'hex')
)
INSERT INTO mailbox.marks (account, mark, until)
SELECT account, decode($2, 'hex'), $4 FROM mailbox.accounts WHERE account = $1
ON CONFLICT (account, mark) DO UPDATE SET until = excluded.until WHERE marks.until <= $3
RETURNING until`

export const createMarkTable = (db: Database): MarkTable => ({
  async has(id, mark) {
    const text = `SELECT until FROM mailbox.marks WHERE account = $1 AND mark = decode($2, 'hex') AND until > $3`
    return (await db.read(text, [accountNumber(id), hex(mark), mark.at])).length > 0
  },
  async set(id, mark) {
    return (await db.read(SET, [accountNumber(id), hex(mark), mark.at, mark.until])).length > 0
  },
})
