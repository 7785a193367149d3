import { createHash } from 'node:crypto'
import { fieldOf, messageFields } from '../../mime/header'
import { messageIds } from '../../mime/message-id'

/** The Message-ID that a message is known by; undefined: it has none, or several. */
export function messageIdOf(octets: Buffer): string | undefined {
  const [id, ...more] = messageIds(fieldOf(messageFields(octets), 'message-id'))
  return more.length === 0 && id !== undefined && id.length <= 1000 ? id : undefined
}

/** Same sender, Date, Message-ID and body: a transaction that was sent again (its trace lines differ, RFC 5321 4.4). */
export function transactionDigest(sender: string, octets: Buffer): string {
  const fields = messageFields(octets)
  const end = octets.indexOf('\r\n\r\n')
  return createHash('sha256')
    .update(JSON.stringify([sender, fieldOf(fields, 'date'), fieldOf(fields, 'message-id')]))
    .update(end < 0 ? '' : octets.subarray(end))
    .digest('base64')
}
