import { type Address, parseAddresses } from '../read/addresses'
import { outsideComments } from '../read/comments'
import { type Field, fieldOf } from '../read/header'
import type { Parameters } from '../read/params'
import type { Node } from '../read/structure'

/** ENVELOPE, BODY and BODYSTRUCTURE as IMAP sends them (RFC 9051 7.5.2). Text is latin1: octets as they stand in the message. */

const NIL = 'NIL'
/** Longer values go as literals: some clients limit quoted strings. */
const QUOTED_LIMIT = 1000

/** string: quoted where the grammar allows, else a literal; NUL is never sent. */
export function imapString(text: string): string {
  const clean = text.includes('\0') ? text.replaceAll('\0', '') : text
  if (clean.length <= QUOTED_LIMIT && !/[\x80-\xff\r\n]/.test(clean)) return `"${clean.replace(/[\\"]/g, '\\$&')}"`
  return `{${clean.length}}\r\n${clean}`
}

const nstring = (text: string | undefined): string => (text === undefined ? NIL : imapString(text))

const address = ({ name, route, mailbox, host }: Address): string =>
  `(${nstring(name)} ${nstring(route)} ${nstring(mailbox)} ${nstring(host)})`

/**
 * Addresses that one message's answers may still hold. An address of four octets is seventeen in an ENVELOPE, and a From counts
 * three times: without a bound a message full of messages would make a structure many times its size.
 */
interface Budget {
  addresses: number
}
const ADDRESSES_OF_ENVELOPE = 50_000
const ADDRESSES_OF_BODY = 20_000

function addressList(text: string | undefined, budget: Budget): string {
  const list = text === undefined ? [] : parseAddresses(text, Math.min(10_000, budget.addresses))
  budget.addresses = Math.max(0, budget.addresses - list.length)
  return list.length === 0 ? NIL : `(${list.map(address).join('')})`
}

/** A measure of a list's size: no address is shorter than that. */
const addressesIn = (list: string): number => Math.floor(list.length / 17)

export function encodeEnvelope(
  fields: readonly Field[],
  budget: Budget = { addresses: ADDRESSES_OF_ENVELOPE },
): string {
  const all = (name: string): string | undefined => {
    const values = fields.filter((field) => field.name === name).map((field) => field.value)
    return values.length > 0 ? values.join(', ') : undefined
  }
  const from = addressList(all('from'), budget)
  // RFC 9051 7.5.2: an absent or empty Sender or Reply-To is the From.
  const orFrom = (list: string): string => {
    if (list === NIL) budget.addresses = Math.max(0, budget.addresses - addressesIn(from))
    return list === NIL ? from : list
  }
  return `(${[
    nstring(fieldOf(fields, 'date')),
    nstring(fieldOf(fields, 'subject')),
    from,
    orFrom(addressList(all('sender'), budget)),
    orFrom(addressList(all('reply-to'), budget)),
    addressList(all('to'), budget),
    addressList(all('cc'), budget),
    addressList(all('bcc'), budget),
    nstring(fieldOf(fields, 'in-reply-to')),
    nstring(fieldOf(fields, 'message-id')),
  ].join(' ')})`
}

function parameters(raw: Parameters['raw']): string {
  if (raw.length === 0) return NIL
  return `(${raw.map(([name, value]) => `${imapString(name)} ${imapString(value)}`).join(' ')})`
}

function dispositionOf(disposition: Parameters | undefined): string {
  if (!disposition || disposition.value === '') return NIL
  return `(${imapString(disposition.value)} ${parameters(disposition.raw)})`
}

function languageOf(fields: readonly Field[]): string {
  const tags = outsideComments(fieldOf(fields, 'content-language') ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
  const [only] = tags
  if (only === undefined) return NIL
  return tags.length === 1 ? imapString(only) : `(${tags.map(imapString).join(' ')})`
}

export interface EncodedBody {
  /** BODY: without extension data */
  readonly body: string
  /** BODYSTRUCTURE */
  readonly bodyStructure: string
}

/**
 * RFC 2046 4.1.2: text/plain without a charset is US-ASCII, whether its Content-Type says nothing of it or is not there. Other texts
 * may say it inside, as HTML does.
 */
function withCharset({ part, contentType: { raw } }: Node): Parameters['raw'] {
  const isPlain = part.type === 'text' && part.subtype === 'plain'
  const says = raw.some(([name]) => name === 'charset' || name.startsWith('charset*'))
  return isPlain && !says ? [...raw, ['charset', 'us-ascii']] : raw
}

/** body-fields of RFC 9051 9 with the media type before them. */
function basicOf(node: Node, type: string, subtype: string): string {
  const { part, fields } = node
  return [
    imapString(type),
    imapString(subtype),
    parameters(withCharset(node)),
    nstring(fieldOf(fields, 'content-id')),
    nstring(fieldOf(fields, 'content-description')),
    imapString(part.encoding),
    String(part.bodyEnd - part.bodyStart),
  ].join(' ')
}

/** body of RFC 9051 9, in both forms. */
export function encodeBody(node: Node, budget: Budget = { addresses: ADDRESSES_OF_BODY }): EncodedBody {
  const { part, fields, contentType, message } = node
  const [type = '', subtype = ''] = contentType.value.split('/')
  const tail = `${dispositionOf(node.disposition)} ${languageOf(fields)} ${nstring(fieldOf(fields, 'content-location'))}`
  if (part.type === 'multipart') {
    const children = node.children.map((child) => encodeBody(child, budget))
    const subtypeString = imapString(subtype)
    const body = `(${children.map((child) => child.body).join('')} ${subtypeString})`
    const inner = children.map((child) => child.bodyStructure).join('')
    return { body, bodyStructure: `(${inner} ${subtypeString} ${parameters(contentType.raw)} ${tail})` }
  }
  const basic = basicOf(node, type, subtype)
  const extension = `${nstring(fieldOf(fields, 'content-md5'))} ${tail}`
  if (message) {
    const envelope = encodeEnvelope(message.fields, budget)
    const inside = encodeBody(message, budget)
    return {
      body: `(${basic} ${envelope} ${inside.body} ${part.lines})`,
      bodyStructure: `(${basic} ${envelope} ${inside.bodyStructure} ${part.lines} ${extension})`,
    }
  }
  const whole = part.type === 'text' ? `${basic} ${part.lines}` : basic
  return { body: `(${whole})`, bodyStructure: `(${whole} ${extension})` }
}
