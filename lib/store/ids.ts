import { hash } from 'node:crypto'
import {
  type AccountId,
  accountId,
  type EmailId,
  emailId,
  type MailboxId,
  mailboxId,
  type ThreadId,
  threadId,
} from '../terms/names'

/** Object ids of the drivers of this package: a letter, the account's number, and a number within the account, in base 36. */

const SIX = 2 ** 48 - 1

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

/** How the drivers of this package keep a text of any length as a key, a message-id or a mark: 16 octets. */
export const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer').subarray(0, 16)
