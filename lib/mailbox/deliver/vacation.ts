import { fieldOf, parseFields } from '../../mime/header'
import { messageIds } from '../../mime/message-id'
import { sieveMessage } from '../../sieve/message'
import type { Vacation } from '../../sieve/run'

export interface VacationCase {
  readonly action: Vacation
  readonly octets: Buffer
  /** reverse-path; empty: the null sender */
  readonly sender: string
  /** the account's address, and the one that the message was for */
  readonly own: readonly string[]
  readonly now: number
}

const NO_ANSWER = /^(owner-.*|.*-request|mailer-daemon|listserv|majordomo|.*-bounces?|no-?reply)$/i
const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ').slice(0, 500)
/** RFC 2047 where a header may not say it plainly. */
const encoded = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`

/** RFC 5230 4.5, 4.6 and RFC 3834 2: the owner is meant, and the sender is a person. */
export function mayAnswer({ action, octets, sender, own }: VacationCase): boolean {
  const at = sender.lastIndexOf('@')
  if (at <= 0 || NO_ANSWER.test(sender.slice(0, at))) return false
  const message = sieveMessage(octets)
  const [submitted = 'no'] = message.header('auto-submitted')
  if (!/^no\b/i.test(submitted.trim())) return false
  if (/^(bulk|junk|list)$/i.test((message.header('precedence')[0] ?? '').trim())) return false
  if (['list-id', 'list-help', 'list-unsubscribe', 'list-post', 'list-owner', 'list-archive'].some(message.has))
    return false
  const mine = new Set([...own, ...action.addresses].map((one) => one.toLowerCase()))
  if (mine.has(sender.toLowerCase())) return false
  return ['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc'].some((name) =>
    message.addresses(name).some((address) => mine.has(address.toLowerCase())),
  )
}

/** The answer (RFC 5230 5): from the owner, to the reverse-path, in the thread of the message. */
export function vacationReply({ action, octets, sender, own, now }: VacationCase): Buffer {
  const end = octets.indexOf('\r\n\r\n')
  const fields = parseFields(octets, 0, end < 0 ? octets.length : end)
  const [account = ''] = own
  const [messageId] = messageIds(fieldOf(fields, 'message-id'))
  const references = [...messageIds(fieldOf(fields, 'references')).slice(-20), ...(messageId ? [messageId] : [])]
  const subject = action.subject ?? `Auto: ${sieveMessage(octets).header('subject')[0] ?? ''}`
  const head = [
    `Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    `From: ${action.from ? encoded(oneLine(action.from)) : `<${account}>`}`,
    `To: <${sender}>`,
    `Subject: ${encoded(oneLine(subject))}`,
    `Message-ID: <vacation-${now}-${Math.abs(octets.length)}@${account.slice(account.lastIndexOf('@') + 1)}>`,
    ...(messageId ? [`In-Reply-To: ${messageId}`] : []),
    ...(references.length > 0 ? [`References: ${references.join('\r\n ')}`] : []),
    'Auto-Submitted: auto-replied (vacation)',
    'MIME-Version: 1.0',
  ]
  const body = action.reason.replace(/\r?\n/g, '\r\n')
  const entity = action.mime
    ? body
    : `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}\r\n`
  return Buffer.from(`${head.join('\r\n')}\r\n${entity}`)
}
