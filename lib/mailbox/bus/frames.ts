import type { ListChange } from '../../store/change'
import { accountId, mailboxId } from '../../terms/names'
import { MESSAGE_EVENTS, type Notice } from '../mailbox'

/** What one process tells another: a line of JSON each. `hello` comes first and names the sender. */
export type Frame = { readonly kind: 'hello'; readonly from: string } | Notice

const KINDS = ['created', 'deleted', 'renamed', 'subscribed', 'unsubscribed', 'annotated', 'rights'] as const

export const encodeFrame = (frame: Frame): string => `${JSON.stringify(frame)}\n`

/** `undefined`: not one of ours (another version's), to be ignored. */
export function decodeFrame(line: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? frameOf(value) : undefined
  } catch {
    return undefined
  }
}

type Fields = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string'

function frameOf(value: Fields): Frame | undefined {
  const { kind, from, account, mailbox, modSeq, happened, change } = value
  if (kind === 'hello' && isText(from)) return { kind, from }
  if (kind === 'gap' || kind === 'index') return { kind }
  if (kind === 'mailbox' && isText(account) && isText(mailbox) && Number.isSafeInteger(modSeq)) {
    const notice = { kind, account: accountId(account), mailbox: mailboxId(mailbox), modSeq: Number(modSeq) } as const
    return Array.isArray(happened)
      ? { ...notice, happened: MESSAGE_EVENTS.filter((event) => happened.includes(event)) }
      : notice
  }
  if (kind !== 'list' || !isRecord(change)) return undefined
  const listed = listChangeOf(change)
  return listed && { kind, change: listed }
}

function listChangeOf({ account, kind, mailbox, name, oldName, entries }: Fields): ListChange | undefined {
  const listed = KINDS.find((name) => name === kind)
  if (listed === undefined || !isText(account) || !isText(name)) return undefined
  return {
    account: accountId(account),
    kind: listed,
    mailbox: isText(mailbox) ? mailboxId(mailbox) : undefined,
    name,
    ...(isText(oldName) ? { oldName } : {}),
    ...(Array.isArray(entries) ? { entries: entries.filter(isText) } : {}),
  }
}
