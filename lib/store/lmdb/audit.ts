import { prepare } from '../../mime/prepare'
import type { AuditRow, Mended } from '../audit'
import { encodePrepared, PREPARED_HEAD } from '../prepared-codec'
import { readBody } from './bodies'
import { accountKey, after, messageKey } from './keys'
import { indexRows, keysOf, putAccount, putRow } from './rows'
import type { Tables } from './tables'

/** What an audit needs, read without a pause: one moment. */
export function* auditRows(tables: Tables, account: number): Generator<AuditRow> {
  const { heads, prepared, references, bodies } = tables
  yield* indexRows(tables, account)
  const messages = new Set<number>()
  for (const table of [heads, prepared, references]) {
    for (const key of keysOf(table, account)) messages.add(key.readUIntBE(4, 6))
  }
  for (const message of messages) {
    const key = messageKey(account, message)
    const head = heads.get(key)
    const parts = prepared.get(key)
    yield {
      kind: 'message',
      message,
      entries: (references.get(key) ?? 0) + 1,
      thread: head?.thread ?? message,
      messageId: head?.keys.messageId,
      prepared: parts && { head: Buffer.from(parts.subarray(0, PREPARED_HEAD)), length: parts.length },
    }
  }
  let last: { message: number; size: number } | undefined
  for (const key of keysOf(bodies, account)) {
    const message = key.readUIntBE(4, 6)
    if (last?.message !== message) {
      if (last) yield { kind: 'octets', ...last }
      last = { message, size: 0 }
    }
    last.size += bodies.get(key)?.length ?? 0
  }
  if (last) yield { kind: 'octets', ...last }
}

/** Inside a write transaction. */
export function mendAccount(tables: Tables, { account: owner, index, records, messages, gone }: Mended): void {
  const { account } = owner
  const { mailboxes, rows, log, threads, heads, prepared, references, bodies } = tables
  for (const table of [mailboxes, rows, log, threads]) {
    for (const key of [...table.getKeys({ start: accountKey(account), end: after(accountKey(account)) })])
      void table.remove(key)
  }
  for (const row of [...index, ...records]) putRow(tables, account, row)
  for (const { message, entries, thread, prepare: anew } of messages) {
    const key = messageKey(account, message)
    if (entries > 1) void references.put(key, entries - 1)
    else void references.remove(key)
    if (!anew) continue
    // Chunks follow each other, so that the end of the last one is the end of the message.
    const made = prepare(readBody(tables, account, message, 0, Number.MAX_SAFE_INTEGER) ?? Buffer.alloc(0))
    void heads.put(key, { thread, keys: made.keys })
    void prepared.put(key, encodePrepared(made))
  }
  for (const message of gone) {
    const key = messageKey(account, message)
    for (const table of [heads, prepared, references]) void table.remove(key)
    for (const chunk of [...bodies.getKeys({ start: key, end: after(key) })]) void bodies.remove(chunk)
  }
  putAccount(tables, owner)
}
