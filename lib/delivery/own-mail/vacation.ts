import { domainToASCII } from 'node:url'
import addressparser from 'nodemailer/lib/addressparser'
import { parseAddresses } from '../../mime/read/addresses'
import { fieldOf, messageFields } from '../../mime/read/header'
import { decodeWords } from '../../mime/text/words'
import type { Vacation } from '../../sieve/action'
import { addressOf, type Mailbox, type OwnMail } from './own-mail'

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
const LIST_FIELDS = ['list-id', 'list-help', 'list-unsubscribe', 'list-post', 'list-owner', 'list-archive']
const RECIPIENT_FIELDS = ['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc']

/** RFC 5230 4.5, 4.6 and RFC 3834 2: the owner is meant, and the sender is a person. */
export function mayAnswer({ action, octets, sender, own }: VacationCase): boolean {
  const at = sender.lastIndexOf('@')
  if (at <= 0 || NO_ANSWER.test(sender.slice(0, at))) return false
  const fields = messageFields(octets)
  const said = (name: string): string => fieldOf(fields, name)?.trim() ?? ''
  if (!/^(?:no\b.*)?$/i.test(said('auto-submitted'))) return false
  if (/^(bulk|junk|list)$/i.test(said('precedence'))) return false
  if (fields.some(({ name }) => LIST_FIELDS.includes(name))) return false
  const mine = new Set([...own, ...action.addresses].map((address) => address.toLowerCase()))
  if (mine.has(sender.toLowerCase())) return false
  return fields.some(
    ({ name, value }) =>
      RECIPIENT_FIELDS.includes(name) &&
      parseAddresses(value).some(({ mailbox, host }) => mine.has(`${mailbox}@${host}`.toLowerCase())),
  )
}

/** RFC 5230 4.3: who `:from` says, when that is one address; else the owner. */
export function senderOf(wanted: string | undefined, account: string): Mailbox {
  const [first, ...more] = wanted === undefined ? [] : addressparser(wanted.replace(/[\r\n]+/g, ' '), { flatten: true })
  const at = first?.address.lastIndexOf('@') ?? -1
  const usable = first && more.length === 0 && at > 0 && domainToASCII(first.address.slice(at + 1)) !== ''
  return usable ? { name: first.name, address: first.address } : { address: addressOf(account) }
}

/** The answer (RFC 5230 5): from the owner, to the reverse-path, in the thread of the message. */
export function vacationReply({ action, octets, sender, own: [account = ''], now }: VacationCase): OwnMail {
  const subject = decodeWords(fieldOf(messageFields(octets), 'subject') ?? '')
  return {
    from: senderOf(action.from, account),
    to: [sender],
    subject: action.subject ?? (subject === '' ? 'Automated reply' : `Auto: ${subject}`),
    body: action.mime ? { entity: action.reason } : { text: action.reason },
    // RFC 5230 5.7
    automatic: 'auto-replied (vacation)',
    now,
    answers: octets,
  }
}
