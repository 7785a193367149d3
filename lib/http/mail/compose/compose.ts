import { Readable } from 'node:stream'
import addressparser from 'nodemailer/lib/addressparser'
import MailComposer from 'nodemailer/lib/mail-composer'
import { headerEnd } from '../../../mime/read/header'
import type { Of } from '../../../web/kernel/schema'
import { choice, flag, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { turn } from '../../../work/turns'
import { type Person, person } from '../person'

/** What a compose window holds. Attachments came with the request, or are parts of a stored message (a draft, a forwarded one). */
export const draft = object({
  /** its name while it is written, which becomes its Message-ID: what is sent under it again is not sent again */
  id: optional(text(64)),
  /** an address of the writer's and the name that goes with it; the account's name when it is left out */
  from: optional(person),
  to: text(20_000),
  cc: optional(text(20_000)),
  bcc: optional(text(20_000)),
  subject: text(2000),
  text: text(1_000_000),
  /** with formatting: it is cleaned, and its text goes beside it in place of `text` */
  html: optional(text(900_000)),
  priority: optional(choice('high', 'low')),
  /** asks for a receipt (RFC 8098 2.1) */
  receipt: optional(flag()),
  inReplyTo: optional(text(1000)),
  references: optional(list(text(1000), 100)),
  attachments: optional(
    list(
      object({
        name: text(300),
        type: optional(text(200)),
        /** a new file: the field of the form that holds its octets */
        file: optional(text(64)),
        /** or: a part of a stored message; without `part` the message itself */
        mailbox: optional(text(64)),
        uid: optional(whole(1)),
        part: optional(text(1000)),
        /** a picture in `html`, which names it as `cid:` and this */
        cid: optional(text(100)),
      }),
      200,
    ),
  ),
  /** the message that this answers or forwards, to be marked */
  answers: optional(object({ mailbox: text(64), uid: whole(1), how: choice('reply', 'forward') })),
  /** the saved draft that this replaces */
  replaces: optional(object({ mailbox: text(64), uid: whole(1) })),
})
export type Draft = Of<typeof draft>

export interface Attached {
  readonly filename: string
  readonly cid?: string
  readonly contentType: string
  readonly content: Buffer
}

export interface Composed {
  /** as recipients get it: without Bcc */
  readonly sent: Buffer
  /** as Sent and Drafts keep it: with Bcc */
  readonly copy: Buffer
  readonly recipients: readonly string[]
  readonly people: readonly Person[]
}

/** Signs between addresses: more than recipients, for names may hold some. Their parser takes its time for each. */
const MOST_SEPARATORS = 1000

export const tooManyAddresses = ({ to, cc = '', bcc = '' }: Draft): boolean =>
  [to, cc, bcc].join().split(/[,;:]/).length > MOST_SEPARATORS

const addressesIn = ({ to, cc = '', bcc = '' }: Pick<Draft, 'to' | 'cc' | 'bcc'>): readonly Person[] =>
  [to, cc, bcc].flatMap((typed) => addressparser(oneLine(typed), { flatten: true }))

/** What was typed as a recipient and is none: the composer would leave it out without a word. */
export const notAddresses = (draft: Draft): readonly string[] =>
  addressesIn(draft)
    .filter(({ address }) => !/^[^\s@]+@[^\s@]+$/.test(address))
    .map(({ name, address }) => address || name)

/** What is no part of a Message-ID (RFC 5322 3.6.4). */
export const isMessageName = (id: string): boolean => /^[A-Za-z0-9-]+$/.test(id)

const oneLine = (value: string): string => value.replace(/[\r\n\0]+/g, ' ').trim()

/** Octets of a file that are encoded at a stretch. */
const PIECE = 64 * 1024

/** A file bit by bit, so that others have their turn while a big one is encoded. */
async function* pieces(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += PIECE) {
    await turn()
    yield content.subarray(at, at + PIECE)
  }
}

/** RFC 5322 3.6.3: what recipients get does not tell who else got it. */
function withoutBcc(message: Buffer): Buffer {
  const end = headerEnd(message)
  const fields = message.toString('latin1', 0, end).replace(/^Bcc:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*/gim, '')
  return fields.length === end ? message : Buffer.concat([Buffer.from(fields, 'latin1'), message.subarray(end)])
}

/** By nodemailer's composer: encoded words, boundaries and line lengths are its business. */
export async function compose(
  {
    id = crypto.randomUUID(),
    to,
    cc = '',
    bcc = '',
    subject,
    text: body,
    inReplyTo,
    references = [],
    priority,
    receipt,
  }: Pick<Draft, 'to' | 'subject' | 'text'> & Partial<Draft>,
  from: Person,
  attachments: readonly Attached[],
  now: number,
  /** cleaned */
  html?: string,
  /** RFC 6047: an answer to an invitation */
  calendar?: { readonly method: 'REPLY'; readonly content: string },
): Promise<Composed> {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  const mail = {
    from: { name: oneLine(from.name), address: from.address },
    to: oneLine(to),
    cc: oneLine(cc),
    bcc: oneLine(bcc),
    subject: oneLine(subject),
    text: body.replace(/\r\n|\r/g, '\n'),
    date: new Date(now),
    messageId: `<${id}@${domain}>`,
    ...(inReplyTo && { inReplyTo: oneLine(inReplyTo) }),
    ...(references.length > 0 && { references: references.map(oneLine) }),
    ...(html !== undefined && { html: `<!DOCTYPE html><html><body>${html}</body></html>` }),
    headers: {
      ...(priority && { Importance: priority, 'X-Priority': priority === 'high' ? '1' : '5' }),
      ...(receipt && { 'Disposition-Notification-To': from.address }),
    },
    attachments: attachments.map((file) => ({
      ...file,
      content: Readable.from(pieces(file.content)),
      ...(file.cid !== undefined && { contentDisposition: 'inline' as const }),
    })),
    ...(calendar && { icalEvent: { ...calendar, filename: 'reply.ics' } }),
    newline: '\r\n',
    // Files and addresses come from a browser: nothing may be fetched or read for them.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  const message = new MailComposer(mail).compile()
  message.keepBcc = true
  const recipients = [...new Set(message.getEnvelope().to || [])]
  const people = addressesIn({ to, cc, bcc })
  const copy = await message.build()
  return { copy, sent: withoutBcc(copy), recipients, people }
}
