import { fieldOf, messageFields } from '../../mime/read/header'
import { decodeWords } from '../../mime/text/words'
import type { Notify } from '../../sieve/action'
import type { OwnMail } from './own-mail'
import { senderOf } from './vacation'

/** RFC 5436 2.7: a message that a machine wrote tells nobody. */
export const mayNotify = (octets: Buffer): boolean =>
  /^(?:no\b.*)?$/i.test(fieldOf(messageFields(octets), 'auto-submitted')?.trim() ?? '')

const IMPORTANCE = { '1': 'high', '2': 'normal', '3': 'low' }

/** RFC 5436 2.7: what tells somebody of a message. */
export function notification(action: Notify, octets: Buffer, account: string, now: number): OwnMail {
  const fields = messageFields(octets)
  const said = (name: string): string => decodeWords(fieldOf(fields, name) ?? '')
  const { to, cc, importance } = action
  return {
    from: senderOf(action.from, account),
    to,
    cc,
    subject: action.subject ?? said('subject'),
    body: { text: action.body ?? `You have new mail.\n\nFrom: ${said('from')}\nSubject: ${said('subject')}\n` },
    // RFC 5436 2.7.1
    automatic: `auto-notified; owner-email="${account.replace(/["\\\r\n]/g, '')}"`,
    now,
    answers: octets,
    fields: [...action.fields, ...(importance === '2' ? [] : [['Importance', IMPORTANCE[importance]] as const])],
  }
}
