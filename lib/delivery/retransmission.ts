import { createHash } from 'node:crypto'
import { fieldOf, messageFields } from '../mime/read/header'
import { messageIds } from '../mime/read/message-id'

/** The Message-ID that a message is known by; undefined: it has none, or several, and may be like another by chance. */
export function messageIdOf(octets: Buffer): string | undefined {
  const [id, ...more] = messageIds(fieldOf(messageFields(octets), 'message-id'))
  return more.length === 0 && id !== undefined && id.length <= 1000 ? id : undefined
}

/**
 * Of sender, Message-ID, Date and body: the same when a transaction is sent again, whatever trace lines it has then
 * (RFC 5321 4.4). Undefined: nothing tells it from another message.
 */
export function transactionDigest(sender: string, octets: Buffer): string | undefined {
  const id = messageIdOf(octets)
  if (id === undefined) return undefined
  const end = octets.indexOf('\r\n\r\n')
  return createHash('sha256')
    .update(JSON.stringify([sender, id, fieldOf(messageFields(octets), 'date')]))
    .update(end < 0 ? '' : octets.subarray(end))
    .digest('base64')
}
