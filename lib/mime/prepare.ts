import { type Address, parseAddresses } from './addresses'
import { parseDate } from './date'
import { encodeBody, encodeEnvelope } from './encode'
import { fold } from './fold'
import { type Field, fieldOf } from './header'
import { messageIds } from './message-id'
import type { PreparedMessage, SearchKeys } from './prepared'
import { parseStructure } from './structure'
import { baseSubject } from './subject'
import { previewOf } from './text'
import { decodeWords } from './words'

const MAX_REFERENCES = 100
/** What SEARCH compares of one header field at most. */
const KEY_LIMIT = 64 * 1024

const isNamed = (address: Address): boolean => address.mailbox !== undefined

const keyOf = (text: string): string => fold(text.slice(0, KEY_LIMIT))

function searchKeys(fields: readonly Field[]): SearchKeys {
  const decoded = (name: string): string =>
    fields
      .filter((field) => field.name === name)
      .map((field) => decodeWords(field.value))
      .join(', ')
  const first = (name: string): { local: string; display: string } => {
    const text = fieldOf(fields, name)
    const address = text === undefined ? undefined : parseAddresses(text.slice(0, KEY_LIMIT)).find(isNamed)
    const local = keyOf(decodeWords(address?.mailbox ?? ''))
    // RFC 5957 3: the name, else the address, else the mailbox (a group's name).
    const shown = decodeWords(address?.name ?? '') || (address?.host ? `${local}@${address.host}` : local)
    return { local, display: keyOf(shown) }
  }
  const subject = decodeWords(fieldOf(fields, 'subject') ?? '')
  const { base, isReply } = baseSubject(subject)
  const date = parseDate(fieldOf(fields, 'date') ?? '')
  const from = first('from')
  const to = first('to')
  return {
    subject: keyOf(subject),
    from: keyOf(decoded('from')),
    to: keyOf(decoded('to')),
    cc: keyOf(decoded('cc')),
    bcc: keyOf(decoded('bcc')),
    sentAt: date?.at,
    sentDay: date?.day,
    messageId: messageIds(fieldOf(fields, 'message-id'))[0] ?? '',
    inReplyTo: messageIds(fieldOf(fields, 'in-reply-to'))[0] ?? '',
    references: messageIds(fieldOf(fields, 'references')).slice(-MAX_REFERENCES),
    baseSubject: keyOf(base),
    isReply,
    sortFrom: from.local,
    sortTo: to.local,
    sortCc: first('cc').local,
    displayFrom: from.display,
    displayTo: to.display,
  }
}

/** Octets of a header that are kept beside the envelope: lists of messages are made of header fields. */
const KEPT_HEADER = 16 * 1024

/** Computes once what FETCH and SEARCH need of a message. Takes any octets; time grows with their number. */
export function prepare(bytes: Buffer): PreparedMessage {
  const root = parseStructure(bytes)
  const { body, bodyStructure } = encodeBody(root)
  const headerSize = root.part.bodyStart
  return {
    size: bytes.length,
    headerSize,
    header: headerSize <= KEPT_HEADER ? bytes.subarray(0, headerSize) : undefined,
    envelope: Buffer.from(encodeEnvelope(root.fields), 'latin1'),
    bodyStructure: Buffer.from(bodyStructure, 'latin1'),
    body: Buffer.from(body, 'latin1'),
    structure: root.part,
    keys: searchKeys(root.fields),
    preview: previewOf(bytes, root.part),
  }
}
