import type { Account } from '../../lib/store/account'
import type { RecordTable, StoredRecord } from '../../lib/store/records/records'

/** The records of one account, in memory. */
export function fakeRecords(account: Account): RecordTable {
  const kinds = new Map<string, Map<string, StoredRecord>>()
  const ofKind = (kind: string): Map<string, StoredRecord> => kinds.get(kind) ?? new Map()
  return {
    get: async (_account, kind, key) => ofKind(kind).get(key),
    keys: async (_account, kind) => [...ofKind(kind).keys()].sort(),
    across: async (prefixes, limit) =>
      [...ofKind('acl').values()]
        .filter(({ key }) => prefixes.some((prefix) => key.startsWith(prefix)))
        .slice(0, limit)
        .map((record) => ({ ...record, account: account.id })),
    async change(_account, kind, keys, decide) {
      const records = ofKind(kind)
      const {
        value,
        put = [],
        remove = [],
      } = decide(new Map([...records].filter(([key]) => keys === 'all' || keys.includes(key))), account)
      for (const record of put) records.set(record.key, record)
      for (const key of remove) records.delete(key)
      kinds.set(kind, records)
      return value
    },
  }
}
