/**
 * Keys are big-endian numbers one after another, so that LMDB's order is theirs and a prefix is a range:
 * account(4) | account(4) mailbox(4) | account(4) mailbox(4) uid(4) or mod-sequence(6) | account(4) message(6) [chunk(2)].
 */
export function accountKey(account: number): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(account)
  return key
}
export function mailboxKey(account: number, mailbox: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeUInt32BE(account)
  key.writeUInt32BE(mailbox, 4)
  return key
}
export function rowKey(account: number, mailbox: number, uid: number): Buffer {
  const key = Buffer.allocUnsafe(12)
  key.writeUInt32BE(account)
  key.writeUInt32BE(mailbox, 4)
  key.writeUInt32BE(uid, 8)
  return key
}
export function logKey(account: number, mailbox: number, modSeq: number): Buffer {
  const key = Buffer.allocUnsafe(14)
  key.writeUInt32BE(account)
  key.writeUInt32BE(mailbox, 4)
  key.writeUIntBE(modSeq, 8, 6)
  return key
}
export function messageKey(account: number, message: number): Buffer {
  const key = Buffer.allocUnsafe(10)
  key.writeUInt32BE(account)
  key.writeUIntBE(message, 4, 6)
  return key
}
export function chunkKey(account: number, message: number, chunk: number): Buffer {
  const key = Buffer.allocUnsafe(12)
  key.writeUInt32BE(account)
  key.writeUIntBE(message, 4, 6)
  key.writeUInt16BE(chunk, 10)
  return key
}
/** First key behind all keys that start with `prefix`. */
export function after(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  for (let i = end.length - 1; i >= 0; i--) {
    const octet = end[i] ?? 0
    if (octet < 255) {
      end[i] = octet + 1
      return end.subarray(0, i + 1)
    }
  }
  return Buffer.alloc(64, 255)
}
