import type { Comparator, Extension } from '../../extension'

/** Only the letters of US-ASCII; each character stays in its place. */
export function asciiLower(text: string): string {
  if (!/[^\x00-\x7f]/.test(text)) return text.toLowerCase()
  const units = Buffer.from(text, 'utf16le')
  for (let at = 0; at < units.length; at += 2) {
    const unit = units[at] ?? 0
    if (unit >= 0x41 && unit <= 0x5a && units[at + 1] === 0) units[at] = unit | 0x20
  }
  return units.toString('utf16le')
}

const byOctets = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** RFC 4790 9.3 */
const octet: Comparator = { fold: (text) => text, equal: (a, b) => a === b, order: byOctets }

/** RFC 4790 9.2; the default (RFC 5228 2.7.3) */
const asciiCasemap: Comparator = {
  fold: asciiLower,
  equal: (a, b) => a.length === b.length && asciiLower(a) === asciiLower(b),
  order: (a, b) => byOctets(asciiLower(a), asciiLower(b)),
}

/** RFC 4790 9.1: the digits that a string begins with; one without digits is the greatest number, and all such are equal. */
function numberIn(text: string): string | undefined {
  const [digits] = /^\d+/.exec(text) ?? []
  return digits?.replace(/^0+(?=\d)/, '')
}
function numeric(a: string, b: string): number {
  const [one, two] = [numberIn(a), numberIn(b)]
  if (one === undefined || two === undefined) return Number(one === undefined) - Number(two === undefined)
  return one.length - two.length || (one < two ? -1 : Number(one > two))
}
const asciiNumeric: Comparator = {
  // RFC 4790 9.1.1: it has no substring match.
  fold: () => undefined,
  equal: (a, b) => numeric(a, b) === 0,
  order: numeric,
}

/** RFC 5228 2.7.3: the first two need no `require`. */
export const comparators: readonly Extension[] = [
  { capability: 'comparator-i;octet', rfc: 'RFC 5228 2.7.3', comparators: { 'i;octet': octet } },
  { capability: 'comparator-i;ascii-casemap', rfc: 'RFC 5228 2.7.3', comparators: { 'i;ascii-casemap': asciiCasemap } },
  { capability: 'comparator-i;ascii-numeric', rfc: 'RFC 4790 9.1', comparators: { 'i;ascii-numeric': asciiNumeric } },
]
/** They work without being named. */
export const ALWAYS: ReadonlySet<string> = new Set(['comparator-i;octet', 'comparator-i;ascii-casemap'])
