import { canonicalMailboxName } from './names'

/** Modified UTF-7 of RFC 3501 5.1.3: mailbox names of clients that did not ask for UTF-8. */

export function encodeMailboxName(nameUtf8: string): string {
  return nameUtf8.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-'
    const octets = Buffer.from(run, 'utf16le').swap16()
    return `&${octets.toString('base64').replace(/=+$/, '').replace(/\//g, ',')}-`
  })
}

/** Undefined when it is no valid modified UTF-7 (a name that is valid UTF-8 is taken as it is). */
export function decodeMailboxName(octets: Buffer): string | undefined {
  const text = octets.toString('utf8')
  if (text.includes('\ufffd')) return undefined
  if (/[^\x00-\x7f]/.test(text)) return canonicalMailboxName(text.normalize('NFC'))
  let valid = true
  const decoded = text.replace(/&([^-]*)(-?)/g, (_whole, base64: string, end: string) => {
    if (end === '' || !/^[A-Za-z0-9+,]*$/.test(base64)) valid = false
    if (base64 === '') return '&'
    const pairs = Buffer.from(base64.replace(/,/g, '/'), 'base64')
    if (pairs.length % 2 !== 0) valid = false
    return valid ? Buffer.from(pairs).swap16().toString('utf16le') : ''
  })
  return valid ? canonicalMailboxName(decoded.normalize('NFC')) : undefined
}
