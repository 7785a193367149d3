import { escapeLiteral } from 'pg'
import type { Server } from '../../engine/postgres/server'
import type { AccountRecord } from '../record'
import { putRecord } from './statements'

/** accounts of one transaction */
const AT_ONCE = 100

/** When holders showed life, gathered for one write of many accounts: for those that look on, and for take-overs. */
export function createActivity(server: Server) {
  let seen = new Map<string, Map<string, number>>()

  return {
    /** @param at milliseconds since 1970 */
    add(account: string, id: string, at: number): void {
      seen.set(account, (seen.get(account) ?? new Map()).set(id, at))
    },
    async write(): Promise<void> {
      const all = seen
      seen = new Map()
      const accounts = [...all.keys()]
      for (let from = 0; from < accounts.length; from += AT_ONCE) {
        const names = accounts.slice(from, from + AT_ONCE).map(escapeLiteral)
        // In one order, so that two of them cannot wait for each other.
        const lock = `SELECT account, record FROM mailbox_locks.accounts
          WHERE account IN (${names.join(', ')}) ORDER BY account FOR UPDATE`
        await server.transaction([lock], ([rows = []]) => ({
          last: rows.map(({ account, record }) => {
            const changed: AccountRecord = JSON.parse(String(record))
            const times = all.get(String(account))
            changed.holders = changed.holders.map((holder) => ({
              ...holder,
              activeAt: times?.get(holder.id) ?? holder.activeAt,
            }))
            return putRecord(String(account), changed, false)
          }),
          value: undefined,
        }))
      }
    },
  }
}
