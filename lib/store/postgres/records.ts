import { ok } from '../../terms/fault'
import { ofRecord } from '../durability'
import { accountNumber, makeAccountId } from '../ids'
import {
  afterPrefix,
  type RecordChange,
  type RecordKind,
  type RecordTable,
  type StoredRecord,
} from '../records/records'
import { type AccountRecord, toAccount } from '../row-types'
import type { Database, Session } from './database'

interface RecordRow {
  readonly key: string
  readonly value: Buffer
  /** infinity is no number of milliseconds: NULL stays */
  readonly until: number | null
}

export const toRecord = ({ key, value, until }: RecordRow): StoredRecord => ({
  key,
  value,
  ...(until !== null && { until }),
})

/** with its kind */
export interface OwnedRow extends RecordRow {
  readonly kind: RecordKind
}

const WHERE = 'FROM mailbox.records WHERE account = $1 AND kind = $2'

const PUT = `
INSERT INTO mailbox.records (account, kind, key, value, until)
SELECT $1, $2, key, value, until FROM unnest($3::text[], $4::bytea[], $5::bigint[]) AS t(key, value, until)
ON CONFLICT (account, kind, key) DO UPDATE SET value = excluded.value, until = excluded.until`

export async function putRecords(
  { query }: Session,
  account: number,
  kind: RecordKind,
  records: readonly StoredRecord[],
): Promise<void> {
  if (records.length === 0) return
  const columns = [
    records.map(({ key }) => key),
    records.map(({ value }) => value),
    records.map(({ until }) => until ?? null),
  ]
  await query(PUT, [account, kind, ...columns])
}

export async function removeExpired({ query }: Session, account: number, kind: RecordKind, at: number): Promise<void> {
  await query(`DELETE ${WHERE} AND until <= $3`, [account, kind, at])
}

async function apply(
  session: Session,
  owner: AccountRecord,
  kind: RecordKind,
  change: RecordChange<unknown>,
): Promise<void> {
  const { query } = session
  const { put = [], remove = [], expired, activeScript } = change
  if (expired !== undefined) await removeExpired(session, owner.account, kind, expired)
  if (remove.length > 0) await query(`DELETE ${WHERE} AND key = ANY($3)`, [owner.account, kind, remove])
  await putRecords(session, owner.account, kind, put)
  if (activeScript === undefined) return
  const { activeScript: _before, ...rest } = owner.attributes
  const attributes = activeScript === null ? rest : { ...rest, activeScript }
  const text = 'UPDATE mailbox.accounts SET attributes = $2 WHERE account = $1'
  await query(text, [owner.account, JSON.stringify(attributes)])
}

export const createRecordTable = (db: Database): RecordTable => ({
  async get(id, kind, key) {
    const [row] = await db.read<RecordRow>(`SELECT * ${WHERE} AND key = $3`, [accountNumber(id), kind, key])
    return row && toRecord(row)
  },
  async keys(id, kind) {
    const rows = await db.read<{ key: string }>(`SELECT key ${WHERE} ORDER BY key`, [accountNumber(id), kind])
    return rows.map(({ key }) => key)
  },
  async across(prefixes, limit) {
    // The kind stands in the text: the index has these only.
    const text = `SELECT r.* FROM unnest($1::text[], $2::text[]) AS p(low, high)
      JOIN mailbox.records r ON r.kind = 'acl' AND r.key >= p.low COLLATE "C" AND r.key < p.high COLLATE "C" LIMIT $3`
    const rows = await db.read<RecordRow & { account: number }>(text, [prefixes, prefixes.map(afterPrefix), limit])
    return rows.map((row) => ({ ...toRecord(row), account: makeAccountId(row.account) }))
  },
  async change(id, kind, keys, decide) {
    type Decided = { readonly value: ReturnType<typeof decide>['value'] } | undefined
    const done = await db.write<Decided>(
      accountNumber(id),
      [],
      async (session, [locked = []]) => {
        // The columns that were asked for.
        const [owner] = locked as unknown as AccountRecord[]
        if (!owner) return ok(undefined)
        const [only, values] = keys === 'all' ? ['', []] : [' AND key = ANY($3)', [keys]]
        const rows = await session.query<RecordRow>(`SELECT * ${WHERE}${only}`, [owner.account, kind, ...values])
        const change = decide(new Map(rows.map((row) => [row.key, toRecord(row)])), toAccount(owner))
        await apply(session, owner, kind, change)
        return ok({ value: change.value })
      },
      ofRecord(kind),
    )
    return done.ok ? done.value?.value : undefined
  },
})
