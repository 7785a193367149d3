import type { AccountId } from '../../terms/names'
import type { RecordTable } from './records'

/** When and from where an app password was used last. */
export interface Use {
  /** milliseconds since 1970 */
  readonly at: number
  readonly address: string
  readonly protocol: string
}

/** The last use of each app password of an account. */
export interface UseTable {
  /** @returns by the id of the app password */
  list(account: AccountId): Promise<ReadonlyMap<string, Use>>
  note(account: AccountId, appPassword: string, use: Use): Promise<void>
}

/** Milliseconds for which a use is remembered: longer than anybody asks for it, and gone some time after the app password. */
const REMEMBERED = 400 * 86_400_000

export const createUseTable = (records: RecordTable): UseTable => ({
  async list(account) {
    const uses = new Map<string, Use>()
    for (const key of await records.keys(account, 'use')) {
      const record = await records.get(account, 'use', key)
      if (record) uses.set(key, JSON.parse(record.value.toString()))
    }
    return uses
  },
  async note(account, appPassword, use) {
    const record = { key: appPassword, value: Buffer.from(JSON.stringify(use)), until: use.at + REMEMBERED }
    await records.change(account, 'use', [appPassword], () => ({ value: true, put: [record], expired: use.at }))
  },
})
