// @ts-check
/** @import { DraftStart } from '../base/types' */

/** Characters that a link may put into a message. */
const LONGEST = 10_000

/**
 * What a composer starts with (RFC 6068 2): who gets it, and what the link says of subject and text. Nothing is sent by it, and
 * no file is attached.
 * @param {string} href
 * @returns {DraftStart}
 */
export function mailtoStart(href) {
  const [path = '', query = ''] = href.slice('mailto:'.length, LONGEST).split('?', 2)
  // RFC 6068 5: a plus is a plus.
  const fields = new URLSearchParams(query.replaceAll('+', '%2B'))
  const to = [decoded(path), ...fields.getAll('to')].filter(Boolean).join(', ')
  const start = { to, cc: fields.get('cc') ?? '', subject: fields.get('subject') ?? '' }
  const text = fields.get('body')
  return text === null ? start : { ...start, text: text.replaceAll('\r\n', '\n') }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
