import { randomUUID } from 'node:crypto'
import { type OwnMail, ownMail } from '../../../delivery/own-mail/own-mail'
import { parseAddresses } from '../../../mime/read/addresses'
import { type Field, fieldOf } from '../../../mime/read/header'
import { messageIds } from '../../../mime/read/message-id'
import { isAddress } from '../people/vcard'
import type { Person } from '../person'

/** On a message for which a receipt was sent, or refused: by any program. */
export const ANSWERED = '$MDNSent'

/** Addresses of one request that are looked at; several are for nothing that a user wants (RFC 8098 2.1). */
const MOST = 5

/** Who asks for a receipt; undefined: nobody, or somebody who may not (RFC 8098 2.1: a receipt asks for none). */
export function receiptOf(fields: readonly Field[]): string | undefined {
  const asked = fieldOf(fields, 'disposition-notification-to')
  if (
    asked === undefined ||
    /report-type\s*=\s*"?disposition-notification/i.test(fieldOf(fields, 'content-type') ?? '')
  ) {
    return undefined
  }
  const addresses = parseAddresses(asked, MOST).flatMap(({ mailbox, host }) =>
    mailbox && host ? [`${mailbox}@${host}`] : [],
  )
  const [only] = new Set(addresses)
  return only !== undefined && /^[\x21-\x7e]{3,320}$/.test(only) && isAddress(only) ? only : undefined
}

const MOST_RECIPIENTS = 200
export const recipientsIn = (fields: readonly Field[]): readonly string[] =>
  ['to', 'cc'].flatMap((name) =>
    parseAddresses(fieldOf(fields, name) ?? '', MOST_RECIPIENTS).flatMap(({ mailbox, host }) =>
      mailbox && host ? [`${mailbox}@${host}`] : [],
    ),
  )

export interface Receipt {
  readonly fields: readonly Field[]
  /** who read it */
  readonly from: Person
  readonly to: string
  readonly subject: string
  readonly host: string
  readonly now: number
}

/** RFC 8098 3: a text for people, and fields for programs. A person sends it, by hand. */
export function receiptMail({ fields, from, to, subject, host, now }: Receipt): Promise<Buffer> {
  const boundary = `receipt-${randomUUID()}`
  const [id] = messageIds(fieldOf(fields, 'message-id'))
  const original = fieldOf(fields, 'original-recipient')
    ?.replace(/[\r\n]+/g, ' ')
    .trim()
  const report = [
    `Reporting-UA: ${host}; haraka-plugin-mailbox`,
    ...(original ? [`Original-Recipient: ${original.slice(0, 500)}`] : []),
    `Final-Recipient: rfc822;${from.address}`,
    ...(id === undefined ? [] : [`Original-Message-ID: ${id}`]),
    'Disposition: manual-action/MDN-sent-manually; displayed',
  ]
  const entity = [
    `Content-Type: multipart/report; report-type=disposition-notification; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    `Your message "${subject.replace(/[\r\n]+/g, ' ').slice(0, 200)}" was shown to ${from.address}.`,
    'This does not say that it was read or understood.',
    `--${boundary}`,
    'Content-Type: message/disposition-notification',
    '',
    ...report,
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n')
  const mail: OwnMail = {
    from,
    to: [to],
    subject: `Read: ${subject}`,
    body: { entity },
    automatic: 'auto-replied',
    now,
    ...(id !== undefined && { answers: Buffer.from(`Message-ID: ${id}\r\n\r\n`) }),
  }
  return ownMail(mail)
}
