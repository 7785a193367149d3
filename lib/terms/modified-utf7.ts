import { isUtf8 } from 'node:buffer'
import { canonicalMailboxName } from './names'

/** Mailbox names on the wire: modified UTF-7 (RFC 3501 5.1.3), UTF-8 for clients that asked for it (RFC 9051 A.1, RFC 6855 3). */

export function encodeMailboxName(nameUtf8: string): string {
  return nameUtf8.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-'
    const octets = Buffer.from(run, 'utf16le').swap16()
    return `&${octets.toString('base64').replace(/=+$/, '').replace(/\//g, ',')}-`
  })
}

/**
 * The name as the client wrote it, UTF-8. Undefined when it is no text of its convention; without `utf8` a name with other
 * than ASCII is taken for UTF-8 all the same.
 */
export function decodeMailboxName(octets: Buffer, utf8: boolean): string | undefined {
  if (!isUtf8(octets)) return undefined
  const text = octets.toString('utf8')
  if (utf8 || /[^\x00-\x7f]/.test(text)) return text
  let valid = true
  const decoded = text.replace(/&([^-]*)(-?)/g, (_whole, base64: string, end: string) => {
    if (end === '' || !/^[A-Za-z0-9+,]*$/.test(base64)) valid = false
    if (base64 === '') return '&'
    const pairs = Buffer.from(base64.replace(/,/g, '/'), 'base64')
    if (pairs.length % 2 !== 0) valid = false
    return valid ? Buffer.from(pairs).swap16().toString('utf16le') : ''
  })
  return valid ? decoded : undefined
}

/** The one spelling of a name (RFC 9051 5.1): NFC, INBOX in capitals. */
export const normalMailboxName = (nameUtf8: string): string => canonicalMailboxName(nameUtf8.normalize('NFC'))
