import type { Durability } from '../../engine/sqlite/program'
import { ofRecord } from '../durability'
import { accountNumber, makeAccountId } from '../ids'
import {
  afterPrefix,
  type OwnedRecord,
  type RecordChange,
  type RecordTable,
  type StoredRecord,
} from '../records/records'
import { accountText, accountTextOf, fromText } from './accounts'
import type { Mail } from './mail'
import { bufferOf } from './read/body'
import type { Swaps } from './swaps'
import type { AccountText } from './write/accounts'
import type { RecordRow } from './write/record-rows'
import { type RecordsWritten, recordsOf } from './write/records'

export const toRecord = ({ key, value, until }: RecordRow): StoredRecord => ({
  key,
  value: bufferOf(value),
  ...(until !== null && { until }),
})

type OwnedRow = RecordRow & { readonly account: number }

/** A value of its own size: the whole pool that a small Buffer lies in would go to the writer. */
const toRow = ({ key, value, until }: StoredRecord): RecordRow => ({
  key,
  value: new Uint8Array(value),
  until: until ?? null,
})

function written(account: number, owner: AccountText, change: RecordChange<unknown>): RecordsWritten {
  const { put = [], remove = [], expired, activeScript } = change
  const rest = { put: put.map(toRow), remove, expired }
  if (activeScript === undefined) return { ...rest, attributes: undefined }
  const { activeScript: _before, ...others } = fromText(account, owner)
  const now = activeScript === null ? others : { ...others, activeScript }
  return { ...rest, attributes: accountText(now).attributes }
}

const isNothing = ({ put = [], remove = [], activeScript }: RecordChange<unknown>): boolean =>
  put.length === 0 && remove.length === 0 && activeScript === undefined

/** @param quick how subscriptions are written */
export const createRecordTable = (mail: Mail, swaps: Swaps, quick: Durability): RecordTable => ({
  async get(id, kind, key) {
    const [row] = recordsOf(mail.read, accountNumber(id), kind, [key])
    return row && toRecord(row)
  },
  async keys(id, kind) {
    const text = 'SELECT key FROM records WHERE account = ? AND kind = ? ORDER BY key'
    return mail.read.columns<[string]>(text, accountNumber(id), kind).flat()
  },
  async across(prefixes, limit) {
    // The kind stands in the text: the index has these only.
    const text = "SELECT * FROM records WHERE kind = 'acl' AND key >= ? AND key < ? ORDER BY key LIMIT ?"
    const found: OwnedRecord[] = []
    for (const prefix of prefixes) {
      const rows = mail.read.all<OwnedRow>(text, prefix, afterPrefix(prefix), limit - found.length)
      for (const row of rows) found.push({ ...toRecord(row), account: makeAccountId(row.account) })
      if (found.length >= limit) break
    }
    return found
  },
  async change(id, kind, keys, decide) {
    const account = accountNumber(id)
    type Decided = { readonly value: ReturnType<typeof decide>['value'] } | undefined
    const done = await swaps(account, async (): Promise<Decided | 'changed'> => {
      const owner = accountTextOf(mail, account)
      if (!owner) return undefined
      const found = recordsOf(mail.read, account, kind, keys)
      const change = decide(new Map(found.map((row) => [row.key, toRecord(row)])), fromText(account, owner))
      if (isNothing(change)) return change
      const read = { account, owner, kind, keys, found }
      const how = ofRecord(kind) === 'visible' ? quick : 'durable'
      return (await mail.write('swapRecords', [read, written(account, owner, change)], how)) ? change : 'changed'
    })
    return done?.value
  },
})
