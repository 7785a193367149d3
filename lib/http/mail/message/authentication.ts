import { domainToASCII } from 'node:url'
import type { Field } from '../../../mime/read/header'
import { list, object, optional, text } from '../../../web/kernel/schema'

/** What our own server found out about who sent a message. */
export const authentication = object({
  spf: optional(text(40)),
  dkim: optional(text(40)),
  dmarc: optional(text(40)),
  /** domains whose signature holds */
  signedBy: list(text(255)),
})

export interface Authentication {
  readonly spf?: string
  readonly dkim?: string
  readonly dmarc?: string
  readonly signedBy: readonly string[]
}

/** Characters of a field that are read, and signatures of one message. */
const LONGEST = 8000
const MOST_SIGNATURES = 10
/** One `method=result` with its properties, up to the next semicolon. */
const RESULT = /^\s*(spf|dkim|dmarc)\s*=\s*([a-z]{1,40})\b(.*)$/is
const SIGNER = /\bheader\.(?:d\s*=\s*"?([\w.-]{1,255})|i\s*=\s*"?[^\s;"@]{0,100}@([\w.-]{1,255}))/i

/**
 * RFC 8601 2.2: what stands between semicolons, without comments. Those in a quoted string are of its value, which may be what a
 * sender chose (`smtp.mailfrom`).
 */
function partsOf(value: string): readonly string[] {
  const parts = ['']
  let depth = 0
  let isQuoted = false
  for (const [token] of value.slice(0, LONGEST).matchAll(/\\.|[\s\S]/g)) {
    if (token === '"' && depth === 0) isQuoted = !isQuoted
    if (!isQuoted && token === '(') depth += 1
    else if (!isQuoted && token === ')' && depth > 0) depth -= 1
    else if (depth > 0) continue
    else if (!isQuoted && token === ';') parts.push('')
    else parts.push(`${parts.pop()}${isQuoted && token === ';' ? '' : token}`)
  }
  return parts
}

/**
 * RFC 8601 5: of Authentication-Results only those count that this server wrote; what bears another name may have been written by
 * the sender. The first is the newest.
 * @param host the name under which Haraka writes them: config/me
 */
export function authenticationOf(fields: readonly Field[], host: string): Authentication | undefined {
  const own = domainToASCII(host).toLowerCase()
  const lines = fields.filter(({ name }) => name === 'authentication-results').map(({ value }) => partsOf(value))
  const results = lines.find(([id = '']) => id.trim().split(/\s/)[0]?.toLowerCase() === own)?.slice(1)
  if (!results) return undefined
  const found = new Map<string, string>()
  const signedBy = new Set<string>()
  for (const result of results) {
    const [, method = '', verdict = '', rest = ''] = RESULT.exec(result) ?? []
    if (method === '') continue
    const [key, word] = [method.toLowerCase(), verdict.toLowerCase()]
    // One signature that holds is enough (RFC 6376 6.1).
    if (found.get(key) !== 'pass') found.set(key, word)
    const [, domain, identity] = SIGNER.exec(rest) ?? []
    const signer = (domain ?? identity ?? '').toLowerCase()
    if (key === 'dkim' && word === 'pass' && signer !== '' && signedBy.size < MOST_SIGNATURES) signedBy.add(signer)
  }
  return found.size === 0 ? undefined : { ...Object.fromEntries(found), signedBy: [...signedBy] }
}
