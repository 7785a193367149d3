import type { LockHolder } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { RecordTable } from './records'

/** A program that came with the right password, and was kept out by the mailbox lock. */
export interface LockRefusal {
  readonly protocol: string
  readonly address: string
  /** times within a day */
  readonly count: number
  /** the first and the last of them, milliseconds since 1970 */
  readonly since: number
  readonly at: number
  /** who was in the last time */
  readonly by: LockHolder & { readonly client?: string }
}

export interface RefusalTable {
  /** of the last day, the newest first */
  list(account: AccountId, now: number): Promise<readonly LockRefusal[]>
  note(account: AccountId, refusal: Omit<LockRefusal, 'count' | 'since'>): Promise<void>
}

const DAY = 86_400_000
/** addresses of an account that are remembered */
const MOST = 20

export const createRefusalTable = (records: RecordTable): RefusalTable => ({
  async list(account, now) {
    const refusals: LockRefusal[] = []
    for (const key of await records.keys(account, 'refusal')) {
      const record = await records.get(account, 'refusal', key)
      if (record && (record.until ?? 0) > now) refusals.push(JSON.parse(record.value.toString()))
    }
    return refusals.sort((a, b) => b.at - a.at)
  },
  async note(account, refusal) {
    const key = `${refusal.protocol} ${refusal.address}`
    await records.change(account, 'refusal', 'all', (found) => {
      const text = found.get(key)?.value.toString()
      const before: LockRefusal | undefined = text === undefined ? undefined : JSON.parse(text)
      const goesOn = before !== undefined && refusal.at - before.since < DAY
      const noted = { ...refusal, count: goesOn ? before.count + 1 : 1, since: goesOn ? before.since : refusal.at }
      const put = [{ key, value: Buffer.from(JSON.stringify(noted)), until: refusal.at + DAY }]
      const others = [...found.values()].filter((record) => record.key !== key)
      const oldest = others
        .sort((a, b) => (a.until ?? 0) - (b.until ?? 0))
        .slice(0, Math.max(0, others.length + 1 - MOST))
      return { value: true, put, remove: oldest.map((record) => record.key), expired: refusal.at }
    })
  },
})
