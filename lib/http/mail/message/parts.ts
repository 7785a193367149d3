import type { AccountMail } from '../../../mailbox/mailbox'
import type { MessageRow } from '../../../mailbox/vocabulary'
import type { Part } from '../../../mime/prepared'
import { partAt } from '../../../mime/read/section'
import { decodePart } from '../../../mime/text/transfer'
import { notFound } from '../../../web/kernel/faults'

/** A stored message, or a message inside of it. */
export interface Letter {
  readonly mail: AccountMail
  readonly row: MessageRow
  readonly root: Part
  /** numbers of the part that it is; empty: the stored message itself */
  readonly inside: readonly number[]
}

/** Where the octets of a part are. */
export type StoredMessage = Pick<Letter, 'mail' | 'row'>

export async function octetsOf(
  { mail, row }: StoredMessage,
  { bodyStart, bodyEnd }: Pick<Part, 'bodyStart' | 'bodyEnd'>,
): Promise<Buffer> {
  const octets = await mail.read(row.emailId, bodyStart, bodyEnd)
  if (!octets) throw notFound('message')
  return octets
}
export async function decodedOf(message: StoredMessage, part: Part): Promise<Buffer> {
  const octets = await octetsOf(message, part)
  return decodePart(octets, part.encoding) ?? octets
}

/** The leaf that a number names (RFC 9051 6.4.5.1); messages inside are leaves too. */
export function leafAt(root: Part, number: string): Part | undefined {
  if (!/^[1-9]\d{0,5}(?:\.[1-9]\d{0,5}){0,200}$/.test(number)) return undefined
  const part = partAt(root, number.split('.').map(Number))
  return part?.type === 'multipart' ? undefined : part
}

/** RFC 2046 5.2.1: a message is not encoded; what is, and says that it is one, can only be saved. */
export const canOpen = ({ message, encoding }: Part): boolean =>
  message !== undefined && /^(?:7bit|8bit|binary)$/.test(encoding)
