import { createHash } from 'node:crypto'
import type { Transaction } from './host'

const KEEP = 10_000

/** Same sender, recipient, Message-ID and body: the same transaction sent again (its Received lines differ). */
function digestOf(sender: string, recipient: string, data: Buffer): string {
  const end = data.indexOf('\r\n\r\n')
  const header = data.toString('latin1', 0, end < 0 ? data.length : end)
  const messageId = /^message-id:[ \t]*(.*)$/im.exec(header)?.[1] ?? ''
  return createHash('sha256')
    .update(JSON.stringify([sender, recipient, messageId]))
    .update(end < 0 ? '' : data.subarray(end))
    .digest('base64')
}

/** Remembers the copies that were stored while other recipients of the transaction were still open; of this process only. */
export function createRepeats() {
  const seen = new Set<string>()
  const key = (transaction: Transaction, account: string, data: Buffer): string =>
    digestOf(transaction.mail_from.format(), account, data)
  return {
    has: (transaction: Transaction, account: string, data: Buffer): boolean =>
      seen.size > 0 && seen.has(key(transaction, account, data)),
    add(transaction: Transaction, account: string, data: Buffer): void {
      seen.add(key(transaction, account, data))
      const [oldest] = seen
      if (seen.size > KEEP && oldest !== undefined) seen.delete(oldest)
    },
  }
}
