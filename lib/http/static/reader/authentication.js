// @ts-check
/** @import { Message } from '../base/types' */
import { h } from '../base/dom.js'

/** @typedef {NonNullable<Message['authentication']>} Authentication what this server itself found out */

const FAILED = /^(?:fail|softfail|permerror)$/

/**
 * In a line, for who looks.
 * @param {Authentication | undefined} authentication
 */
export function authenticationWords(authentication) {
  if (!authentication) return 'not checked by this server'
  const { spf, dkim, dmarc, signedBy } = authentication
  const words = [
    dkim && (dkim === 'pass' ? `signed by ${signedBy.join(', ') || 'its domain'} (DKIM)` : `DKIM: ${dkim}`),
    spf && `SPF: ${spf}`,
    dmarc && `DMARC: ${dmarc}`,
  ]
  return words.filter(Boolean).join(', ')
}

/**
 * Where the domain of the sender says that it is not theirs.
 * @param {Authentication | undefined} authentication
 */
export function forgedBanner(authentication) {
  if (!authentication) return undefined
  const { spf = '', dkim = '', dmarc } = authentication
  const failed = dmarc === 'fail' || (dmarc === undefined && FAILED.test(dkim) && FAILED.test(spf))
  if (!failed) return undefined
  return h(
    'p',
    { class: 'banner warn', role: 'note' },
    'This message failed the checks of its sender’s domain. It may be forged: do not trust its links, files or words.',
  )
}
