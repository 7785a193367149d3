import type { SearchKeys } from '../../mime/prepared'
import { digestOf } from '../ids'
import { accountKey, messageKey } from './keys'
import type { Tables } from './tables'

/**
 * THREADID (RFC 8474 5.2 leaves the algorithm to the server): a message joins the thread of the first message-id that it
 * names and that the account has seen. One look-up per name, at most `NAMES`.
 */
const NAMES = 20

function key(account: number, messageId: string): Buffer {
  return Buffer.concat([accountKey(account), digestOf(messageId)])
}

export function threadOf({ threads }: Tables, account: number, message: number, keys: SearchKeys): number {
  const named = [keys.inReplyTo, ...keys.references.slice(-NAMES).reverse(), keys.messageId].filter((id) => id !== '')
  const thread = named.map((id) => threads.get(key(account, id))).find((found) => found !== undefined) ?? message
  if (keys.messageId !== '') void threads.put(key(account, keys.messageId), thread)
  return thread
}

export function forgetThread({ threads, heads }: Tables, account: number, message: number): void {
  const messageId = heads.get(messageKey(account, message))?.keys.messageId
  if (messageId) void threads.remove(key(account, messageId))
}
