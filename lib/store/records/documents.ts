import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { RecordTable } from './records'

/** What webmail keeps for an account: each a text under a name (preferences, the address book), which no quota counts. */
export interface DocumentTable {
  get(account: AccountId, name: string): Promise<string | undefined>
  /**
   * @param change pure: it may be asked again; undefined: nothing is changed
   * Faults: no-such-account, too-big.
   */
  change(
    account: AccountId,
    name: string,
    change: (before: string | undefined) => string | undefined,
  ): Promise<Result<void>>
}

/** Octets of one. */
const MAX_DOCUMENT = 512 * 1024

export const createDocumentTable = (records: RecordTable): DocumentTable => ({
  get: async (account, name) => (await records.get(account, 'document', name))?.value.toString(),
  async change(account, name, change) {
    const result = await records.change<Result<void>>(account, 'document', [name], (found) => {
      const text = change(found.get(name)?.value.toString())
      if (text === undefined) return { value: ok(undefined) }
      const value = Buffer.from(text)
      if (value.length > MAX_DOCUMENT) return { value: failed({ kind: 'too-big', limit: MAX_DOCUMENT }) }
      return { value: ok(undefined), put: [{ key: name, value }] }
    })
    return result ?? failed({ kind: 'no-such-account' })
  },
})
