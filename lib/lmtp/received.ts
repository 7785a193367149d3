import type { SMTPServerSession } from 'smtp-server'
import { dateTime } from '../mime/write/date'

/** What a client said is cut and stripped of what could begin another field. */
const safe = (text: string): string => text.replace(/[^\x21-\x7e\u0080-\uffff]/g, '').slice(0, 255)

/**
 * RFC 5321 4.4 with the protocol types of RFC 3848 and RFC 6531 4.3 (UTF8LMTP).
 * @param recipient FOR is there for a single recipient only, so that nobody learns of the others (RFC 5321 7.2)
 */
export function receivedLine(
  session: SMTPServerSession,
  hostname: string,
  recipient: string | undefined,
  now: Date,
): string {
  const base = session.transmissionType.replace(/^ELMTP/, 'LMTP')
  const protocol = session.envelope.smtpUtf8 && base.startsWith('LMTP') ? `UTF8${base}` : base
  const address = session.remoteAddress
  const literal = address === '' ? 'unix' : address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
  const to = recipient === undefined ? '' : `\r\n\tfor <${safe(recipient)}>`
  return (
    `Received: from ${safe(session.hostNameAppearsAs || 'unknown')} (${literal})\r\n` +
    `\tby ${safe(hostname)} with ${protocol} id ${safe(session.id)}.${session.transaction}${to};\r\n` +
    `\t${dateTime(now)}\r\n`
  )
}
