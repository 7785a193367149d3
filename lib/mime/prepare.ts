import type { PreparedMessage, SearchKeys } from './prepared'
import { type Address, parseAddresses } from './read/addresses'
import { parseDate } from './read/date'
import { type Field, fieldOf, unfoldedText } from './read/header'
import { messageIds } from './read/message-id'
import { type Node, parseStructure } from './read/structure'
import { baseSubject } from './read/subject'
import { rawText } from './text/charset'
import { previewOf } from './text/text'
import { decodeWords } from './text/words'
import { encodeBody, encodeEnvelope } from './write/encode'
import { addedByLineEnds } from './write/line-ends'

const MAX_REFERENCES = 100
/** What SEARCH compares of one header field at most. */
const KEY_LIMIT = 64 * 1024

const isNamed = (address: Address): boolean => address.mailbox !== undefined

const keyOf = (text: string): string => text.slice(0, KEY_LIMIT)

/** Marks of a field that says its addresses in other words than an ENVELOPE: quotes, comments, blanks around `@` and `.`. */
const REWORDED = /["\\(]|[@.<]\s|\s[@.>]/
/** What SEARCH FROM looks at, which RFC 3501 6.4.4 asks for: names and addresses as in ENVELOPE. */
function spelled({ name, mailbox, host }: Address): readonly string[] {
  const address = mailbox === undefined ? '' : host ? `${mailbox}@${host}` : mailbox
  return [decodeWords(name ?? ''), rawText(address)]
}

/** The field, and behind a line end the names and addresses that do not stand in it so. */
function addressKey(values: readonly string[]): string {
  const field = keyOf(unfoldedText(values.map(decodeWords).join(', ')))
  const raw = values.join(', ')
  if (!REWORDED.test(raw)) return field
  const others = parseAddresses(raw.slice(0, KEY_LIMIT))
    .flatMap(spelled)
    .map(unfoldedText)
    .filter((text) => !field.includes(text))
  return others.length === 0 ? field : `${field}\n${keyOf(others.join(', '))}`
}

function searchKeys(fields: readonly Field[]): SearchKeys {
  const addressesOf = (name: string): string =>
    addressKey(fields.filter((field) => field.name === name).map(({ value }) => value))
  const first = (name: string): { local: string; display: string } => {
    const text = fieldOf(fields, name)
    const address = text === undefined ? undefined : parseAddresses(text.slice(0, KEY_LIMIT)).find(isNamed)
    const local = keyOf(decodeWords(address?.mailbox ?? ''))
    // RFC 5957 3: the name, else the address, else the mailbox (a group's name).
    const shown = decodeWords(address?.name ?? '') || (address?.host ? `${local}@${address.host}` : local)
    return { local, display: keyOf(unfoldedText(shown)) }
  }
  const subject = unfoldedText(decodeWords(fieldOf(fields, 'subject') ?? ''))
  const { base, isReply } = baseSubject(subject)
  const date = parseDate(fieldOf(fields, 'date') ?? '')
  const from = first('from')
  const to = first('to')
  return {
    subject: keyOf(subject),
    from: addressesOf('from'),
    to: addressesOf('to'),
    cc: addressesOf('cc'),
    bcc: addressesOf('bcc'),
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

/** What of a message grows faster in cost than in octets. */
export interface Extent {
  /** parts of all depths, with those of messages inside */
  readonly parts: number
  /** octets of the values of all header fields, also of parts */
  readonly header: number
  /** of these, octets of addresses */
  readonly addresses: number
}

const ADDRESS_FIELDS: ReadonlySet<string> = new Set(['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'])

function extentOf(root: Node): Extent {
  let parts = 0
  let header = 0
  let addresses = 0
  const nodes = [root]
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    parts += 1
    for (const { name, value } of node.fields) {
      header += value.length
      if (ADDRESS_FIELDS.has(name)) addresses += value.length
    }
    nodes.push(...node.children)
    if (node.message) nodes.push(node.message)
  }
  return { parts, header, addresses }
}

/** Computes once what FETCH and SEARCH need of a message. Takes any octets; time grows with their number. */
export const prepare = (bytes: Buffer): PreparedMessage => preparedOf(bytes, parseStructure(bytes))

/** @returns undefined: something of it is more than that */
export function prepareUpTo(bytes: Buffer, most: Extent): PreparedMessage | undefined {
  const root = parseStructure(bytes, most.parts + 1)
  const { parts, header, addresses } = extentOf(root)
  const fits = parts <= most.parts && header <= most.header && addresses <= most.addresses
  return fits ? preparedOf(bytes, root) : undefined
}

function preparedOf(bytes: Buffer, root: Node): PreparedMessage {
  const { body, bodyStructure } = encodeBody(root)
  const headerSize = root.part.bodyStart
  return {
    size: bytes.length,
    headerSize,
    header: headerSize <= KEPT_HEADER ? bytes.subarray(0, headerSize) : undefined,
    envelope: Buffer.from(encodeEnvelope(root.fields), 'latin1'),
    bodyStructure: Buffer.from(bodyStructure, 'latin1'),
    body: Buffer.from(body, 'latin1'),
    structure: { ...root.part, added: addedByLineEnds(bytes) },
    keys: searchKeys(root.fields),
    preview: previewOf(bytes, root.part),
  }
}
