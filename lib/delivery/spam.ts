import { fieldOf, messageFields } from '../mime/read/header'
import type { Scan } from '../sieve/world'

/** What SpamAssassin (X-Spam-Flag, X-Spam-Status) and rspamd (X-Spam, X-Spam-Flag) put into the header of spam. */
const MARKS: Readonly<Record<string, RegExp>> = {
  'x-spam': /^yes\b/i,
  'x-spam-flag': /^yes\b/i,
  'x-spam-status': /^yes\b/i,
}

/** Whether a scanner has marked this message as spam. */
export const hasSpamHeader = (octets: Buffer): boolean =>
  messageFields(octets).some(({ name, value }) => MARKS[name]?.test(value) === true)

/** RFC 5235 2.2.1: per cent of the score at which a scanner calls a message spam. */
export const spamPercent = (score: number, required: number): number | undefined =>
  Number.isFinite(score) && required > 0 ? Math.min(100, Math.max(0, (100 * score) / required)) : undefined

/** `X-Spam-Status: Yes, score=12.3 required=5.0` of SpamAssassin, `X-Spamd-Result: default: False [3.10 / 15.00]` of rspamd. */
const SCORES: Readonly<Record<string, RegExp>> = {
  'x-spam-status': /\b(?:score|hits)=(-?\d+(?:\.\d+)?)\s+required=(\d+(?:\.\d+)?)/i,
  'x-spamd-result': /\[(-?\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\]/,
}
const VIRUS = 'x-virus-status'

/** What scanners have left in the header. */
export function scanInHeader(octets: Buffer): Scan {
  const fields = messageFields(octets)
  const [score] = fields.flatMap(({ name, value }) => {
    const [, reached, required] = (Object.hasOwn(SCORES, name) ? SCORES[name]?.exec(value) : undefined) ?? []
    return spamPercent(Number(reached), Number(required)) ?? []
  })
  const virus = fieldOf(fields, VIRUS)
  const spam = score ?? (hasSpamHeader(octets) ? 100 : undefined)
  return { spam, virus: virus === undefined ? undefined : /^clean\b/i.test(virus) ? 1 : 5 }
}
