import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { domainToASCII } from 'node:url'
import MailComposer from 'nodemailer/lib/mail-composer'
import { encode, wrap } from 'nodemailer/lib/qp'
import { fieldOf, messageFields } from '../../mime/read/header'
import { messageIds } from '../../mime/read/message-id'

export interface Mailbox {
  readonly name?: string | undefined
  /** `local@domain` */
  readonly address: string
}

/** Mail that this server writes: warnings, complaints, answers, bounces, notices. */
export interface OwnMail {
  readonly from: Mailbox
  readonly to: readonly string[]
  readonly cc?: readonly string[]
  readonly subject: string
  /** plain text, or a MIME entity with its header (RFC 2045 2.4), which is sent as it is */
  readonly body: { readonly text: string } | { readonly entity: string }
  /** RFC 3834 5, with its comments or parameters */
  readonly automatic: string
  readonly now: number
  /** the message that it answers */
  readonly answers?: Buffer | undefined
  readonly fields?: readonly (readonly [string, string])[]
}

/** RFC 5322 2.1.1: lines have 998 octets at most, and a word of a subject may be as long as it. */
const SUBJECT = 200
/** RFC 5322 3.6.4 sets none: a thread's first and last ids tell it apart. */
const MAX_REFERENCES = 20

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
const cut = (text: string, length: number): string => {
  const all = [...text]
  return all.length > length ? `${all.slice(0, length - 1).join('')}…` : text
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
/** RFC 5322 3.6.4: the right side of a Message-ID is ASCII. */
const idDomainOf = (address: string): string => domainToASCII(domainOf(address)) || hostname()
/** An account without a domain is one of this host. */
export const addressOf = (account: string): string => (account.includes('@') ? account : `${account}@${hostname()}`)
/** RFC 5321 4.5.1, RFC 2142 5: who answers for the mail of a domain. */
export const postmasterAt = (domain: string): Mailbox => ({ name: 'Mail system', address: `postmaster@${domain}` })
export const postmasterOf = (account: string): Mailbox => postmasterAt(domainOf(addressOf(account)))

/** RFC 5322 3.6.4: In-Reply-To and References of an answer. */
function threadOf(answered: Buffer | undefined): { inReplyTo?: string; references?: string[] } {
  if (!answered) return {}
  const fields = messageFields(answered)
  const [id, ...more] = messageIds(fieldOf(fields, 'message-id'))
  if (id === undefined || more.length > 0 || id.length > SUBJECT) return {}
  const before = messageIds(fieldOf(fields, 'references') ?? fieldOf(fields, 'in-reply-to'))
  return {
    inReplyTo: id,
    references: [...before.filter((reference) => reference.length <= SUBJECT).slice(-MAX_REFERENCES), id],
  }
}

const LONGEST_LINE = 998

/** RFC 2045 6.2: what is no 7bit says what it is. Of a container only its parts may be encoded (RFC 2045 6.4). */
function transferOf(fields: readonly string[], body: Buffer): { encoding: readonly string[]; encoded: Buffer } {
  const said = fields.some((field) => /^content-transfer-encoding\s*:/i.test(field))
  const lines = body.toString('latin1').split('\r\n')
  const isPlain = lines.every((line) => line.length <= LONGEST_LINE && /^[\x01-\x7f]*$/.test(line))
  if (said || isPlain) return { encoding: [], encoded: body }
  if (fields.some((field) => /^content-type\s*:\s*(?:multipart|message)\//i.test(field)))
    return { encoding: ['Content-Transfer-Encoding: 8bit'], encoded: body }
  return { encoding: ['Content-Transfer-Encoding: quoted-printable'], encoded: Buffer.from(wrap(encode(body))) }
}

/** The fields of an entity that say what it is; others are not its own to set. */
function entityOf(text: string): Buffer {
  const octets = Buffer.from(text.replace(/\r?\n/g, '\r\n'))
  const end = octets.indexOf('\r\n\r\n')
  const head = end < 0 ? '' : octets.toString('utf8', 0, end)
  const contentFields = head.split(/\r\n(?![ \t])/).filter((field) => /^content-[^:\s]+\s*:/i.test(field))
  const type = contentFields.some((field) => /^content-type\s*:/i.test(field))
    ? []
    : ['Content-Type: text/plain; charset=utf-8']
  const body = end < 0 ? octets : octets.subarray(end + 4)
  const { encoding, encoded } = transferOf([...type, ...contentFields], body)
  return Buffer.concat([Buffer.from([...type, ...contentFields, ...encoding, '', ''].join('\r\n')), encoded])
}

/** By nodemailer's composer: encoded words, addresses and the lengths of lines and words are its business. */
export async function ownMail({
  from,
  to,
  cc = [],
  subject,
  body,
  automatic,
  now,
  answers,
  fields = [],
}: OwnMail): Promise<Buffer> {
  const message = new MailComposer({
    from: { name: cut(oneLine(from.name ?? ''), SUBJECT), address: from.address },
    to: to.map((address) => ({ name: '', address })),
    cc: cc.map((address) => ({ name: '', address })),
    subject: cut(oneLine(subject), SUBJECT),
    text: 'text' in body ? body.text.replace(/\r\n?/g, '\n') : '',
    date: new Date(now),
    messageId: `<${randomUUID()}@${idDomainOf(from.address)}>`,
    ...threadOf(answers),
    headers: [
      // A structured field (RFC 3834 5): what looks like text in it is not encoded.
      { key: 'Auto-Submitted', value: { prepared: true, value: automatic } },
      ...fields.map(([key, value]) => ({ key, value: cut(oneLine(value), SUBJECT) })),
    ],
    newline: '\r\n',
    // Texts come from scripts: nothing may be fetched or read for them.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const octets = await message.compile().build()
  if ('text' in body) return octets
  const head = octets.toString('latin1', 0, octets.indexOf('\r\n\r\n'))
  const plain = head.split(/\r\n(?![ \t])/).filter((field) => !/^content-/i.test(field))
  return Buffer.concat([Buffer.from(`${plain.join('\r\n')}\r\n`, 'latin1'), entityOf(body.entity)])
}
