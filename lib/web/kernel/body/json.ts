import { Refused } from '../faults'
import { Invalid } from '../schema'

/**
 * What is parsed on the event loop is counted first. A tree costs by its values, not by its octets: 42 MB of `{},{},` held a
 * process for 45 seconds, and a tree that a thread hands over costs more than the parsing here.
 */
export const MOST_JSON = 1024 * 1024
/** Levels, values, and names of fields (which all lie in one table). The biggest request has 20,000 numbers of messages. */
const DEEPEST = 32
const MOST_VALUES = 25_000
const MOST_FIELDS = 2500

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPENING = [0x5b, 0x7b]
const CLOSING = [0x5d, 0x7d]

/** One look at each octet. Up to its first mistake a parser sees strings and brackets as this does, and no further. */
function count(octets: Buffer): void {
  let depth = 0
  let values = 0
  let fields = 0
  let quoted = false
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0
    if (quoted) {
      if (octet === BACKSLASH) at++
      else if (octet === QUOTE) quoted = false
    } else if (octet === QUOTE) quoted = true
    else if (octet === COMMA) values++
    else if (octet === COLON) fields++
    else if (OPENING.includes(octet)) {
      values++
      depth++
    } else if (CLOSING.includes(octet)) depth--
    if (depth > DEEPEST) throw new Invalid(`the body: expected at most ${DEEPEST} levels`)
    if (values > MOST_VALUES) throw new Refused(413, 'too-big', `The request has more than ${MOST_VALUES} values.`)
    if (fields > MOST_FIELDS) throw new Refused(413, 'too-big', `The request has more than ${MOST_FIELDS} fields.`)
  }
}

/** Throws `Invalid` and 413. */
export function readJson(octets: Buffer): unknown {
  if (octets.length > MOST_JSON) throw new Refused(413, 'too-big', 'The JSON of this request is too big.')
  count(octets)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets))
  } catch {
    throw new Invalid('the body: expected JSON')
  }
}
