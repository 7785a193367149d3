import { readBody } from './bodies'
import { accountKey, after, messageKey } from './keys'
import { allMailboxes, everyEntry, stateOf } from './mailbox-records'
import type { Tables } from './tables'

/** All invariants of one account, in words; empty when they hold. */
export function checkAccount(tables: Tables, account: number): string[] {
  const faults: string[] = []
  const state = stateOf(tables, account)
  if (!state) return ['the account has no state']
  const entriesOf = new Map<number, number>()
  let bytes = 0
  let count = 0
  for (const { number, record } of allMailboxes(tables, account)) {
    const sums = { messages: 0, unseen: 0, deleted: 0, size: 0 }
    for (const { uid, row } of everyEntry(tables, account, number)) {
      sums.messages++
      sums.size += row.size
      if (!row.flags.has('\\Seen')) sums.unseen++
      if (row.flags.has('\\Deleted')) sums.deleted++
      if (uid >= record.uidNext) faults.push(`${record.name}: UID ${uid} is not below UIDNEXT`)
      if (row.modSeq > record.modSeq) faults.push(`${record.name}: UID ${uid} has a mod-sequence above the highest`)
      entriesOf.set(row.message, (entriesOf.get(row.message) ?? 0) + 1)
      const key = messageKey(account, row.message)
      if (!tables.heads.doesExist(key) || !tables.prepared.doesExist(key))
        faults.push(`${record.name}: UID ${uid} has no message`)
      if (readBody(tables, account, row.message, 0, row.size)?.length !== row.size)
        faults.push(`${record.name}: UID ${uid} lacks octets`)
    }
    for (const name of ['messages', 'unseen', 'deleted', 'size'] as const) {
      if (sums[name] !== record[name]) faults.push(`${record.name}: ${name} is ${record[name]}, counted ${sums[name]}`)
    }
    bytes += sums.size
    count += sums.messages
  }
  if (state.usedBytes !== bytes || state.usedMessages !== count) faults.push('quota is not the sum of the messages')
  for (const [message, entries] of entriesOf) {
    const copies = tables.references.get(messageKey(account, message)) ?? 0
    if (copies !== entries - 1) faults.push(`message ${message}: ${entries} entries, ${copies} copies counted`)
  }
  const prefix = accountKey(account)
  for (const table of [tables.heads, tables.prepared]) {
    const kept = [...table.getKeys({ start: prefix, end: after(prefix) })].length
    if (kept !== entriesOf.size) faults.push(`${kept} messages are kept, ${entriesOf.size} are in mailboxes`)
  }
  return faults
}
