import {
  type AccountId,
  accountId,
  type EmailId,
  emailId,
  type MailboxId,
  mailboxId,
  type ThreadId,
  threadId,
} from '../../terms/names'

/**
 * Keys are big-endian numbers one after another, so that LMDB's order is theirs and a prefix is a range:
 * account(4) | account(4) mailbox(4) | account(4) mailbox(4) uid(4) or mod-sequence(6) | account(4) message(6) [chunk(2)].
 */
const SIX = 2 ** 48 - 1

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
export function textKey(account: number, text: string): Buffer {
  return Buffer.concat([accountKey(account), Buffer.from(text)])
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

const two = (prefix: string, account: number, number: number): string =>
  `${prefix}${account.toString(36)}-${number.toString(36)}`

function numbers(prefix: string, id: string): { account: number; number: number } | undefined {
  const match = /^([AMET])([0-9a-z]+)(?:-([0-9a-z]+))?$/.exec(id)
  if (match?.[1] !== prefix) return undefined
  const account = Number.parseInt(match[2] ?? '', 36)
  const number = match[3] === undefined ? 0 : Number.parseInt(match[3], 36)
  return account <= 0xffff_ffff && number <= SIX ? { account, number } : undefined
}

export const makeAccountId = (account: number): AccountId => accountId(`A${account.toString(36)}`)
export const makeMailboxId = (account: number, mailbox: number): MailboxId => mailboxId(two('M', account, mailbox))
export const makeEmailId = (account: number, message: number): EmailId => emailId(two('E', account, message))
export const makeThreadId = (account: number, thread: number): ThreadId => threadId(two('T', account, thread))

/** 0 when it is none of ours. */
export const accountNumber = (id: AccountId): number => numbers('A', id)?.account ?? 0

function owned(prefix: string, account: number, id: string): number {
  const found = numbers(prefix, id)
  return found?.account === account ? found.number : 0
}
export const mailboxNumber = (account: number, id: MailboxId): number => owned('M', account, id)
export const messageNumber = (account: number, id: EmailId): number => owned('E', account, id)
