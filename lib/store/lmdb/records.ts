import { accountNumber } from '../ids'
import type { RecordChange, RecordKind, RecordTable, StoredRecord } from '../records/records'
import { accountKey, after } from './keys'
import type { Tables } from './tables'

/** Others that a change looks at, to remove those whose time is over: as many go as come. */
const SWEPT = 32

const kindKey = (account: number, kind: RecordKind): Buffer =>
  Buffer.concat([accountKey(account), Buffer.from(`${kind}\0`)])
const recordKey = (account: number, kind: RecordKind, key: string): Buffer =>
  Buffer.concat([kindKey(account, kind), Buffer.from(key)])

/** @param key of the table: account, kind, NUL, the record's own key */
export function nameOf(key: Buffer): { readonly record: RecordKind; readonly key: string } {
  const end = key.indexOf(0, 4)
  // Written by `recordKey`, or by a transfer from a driver that has the same kinds.
  return { record: key.toString('utf8', 4, end) as RecordKind, key: key.toString('utf8', end + 1) }
}

export function findRecord(
  { records }: Tables,
  account: number,
  kind: RecordKind,
  key: string,
): StoredRecord | undefined {
  const found = records.get(recordKey(account, kind, key))
  return found && { key, ...found }
}

const keysOf = ({ records }: Tables, account: number, kind: RecordKind): string[] => {
  const prefix = kindKey(account, kind)
  return [...records.getKeys({ start: prefix, end: after(prefix) })].map((key) => key.toString('utf8', prefix.length))
}

/** Inside a write transaction, as all below. */
export function putRecord({ records }: Tables, account: number, kind: RecordKind, record: StoredRecord): void {
  const { key, ...stored } = record
  void records.put(recordKey(account, kind, key), stored)
}

/** Keys of marks are digests, spread evenly: behind the one that is put lie others at random, and behind the last the first. */
export function sweep({ records }: Tables, account: number, kind: RecordKind, near: string, at: number): void {
  const key = recordKey(account, kind, near)
  const prefix = kindKey(account, kind)
  const ranges = [
    { start: key, end: after(prefix) },
    { start: prefix, end: key },
  ]
  const swept = ranges.flatMap((range) => [...records.getRange({ ...range, limit: SWEPT })]).slice(0, SWEPT)
  for (const { key: old, value } of swept) {
    if (value.until !== undefined && value.until <= at) void records.remove(old)
  }
}

function apply(tables: Tables, account: number, kind: RecordKind, change: RecordChange<unknown>): void {
  const { put = [], remove = [], expired, activeScript } = change
  for (const record of put) putRecord(tables, account, kind, record)
  for (const key of remove) void tables.records.remove(recordKey(account, kind, key))
  if (expired !== undefined) sweep(tables, account, kind, put[0]?.key ?? '', expired)
  if (activeScript === undefined) return
  const owner = tables.account(account)
  if (!owner) return
  const { activeScript: _before, ...rest } = owner
  void tables.accounts.put(accountKey(account), activeScript === null ? rest : { ...rest, activeScript })
}

export const createRecordTable = (tables: Tables): RecordTable => ({
  get: async (id, kind, key) => {
    tables.fresh()
    return findRecord(tables, accountNumber(id), kind, key)
  },
  keys: async (id, kind) => {
    tables.fresh()
    return keysOf(tables, accountNumber(id), kind)
  },
  change: (id, kind, keys, decide) =>
    tables.write(() => {
      const account = accountNumber(id)
      const owner = tables.account(account)
      if (!owner) return undefined
      const wanted = keys === 'all' ? keysOf(tables, account, kind) : keys
      const found = wanted.flatMap((key) => findRecord(tables, account, kind, key) ?? [])
      const change = decide(new Map(found.map((record) => [record.key, record])), owner)
      apply(tables, account, kind, change)
      return change.value
    }),
})
