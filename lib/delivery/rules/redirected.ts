import { fieldChoice, headerFields, messageFields } from '../../mime/read/header'

/**
 * What a redirect sends on: without what final delivery added here or elsewhere (RFC 5321 4.4). Throws when this account has
 * redirected the message before.
 * @param octets as they came
 * @param changed as the script sends them
 */
export function redirected(account: string, octets: Buffer, changed: Buffer): Buffer {
  const marks = messageFields(octets).filter(({ name }) => name === 'x-sieve-redirected-by')
  if (marks.some(({ value }) => value.toLowerCase() === account.toLowerCase())) throw new Error('redirect loop')
  const end = changed.indexOf('\r\n\r\n')
  const head = changed.subarray(0, end < 0 ? changed.length : end + 4)
  const fields = headerFields(head, fieldChoice(['return-path', 'delivered-to'], 'not'))
  return Buffer.concat([Buffer.from(`X-Sieve-Redirected-By: ${account}\r\n`), fields, changed.subarray(head.length)])
}
