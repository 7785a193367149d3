import type { FlagSet } from '../terms/flags'

export { contains } from './contains'
export { asksFlagsOnly, fromIndex, matches, textsOf } from './evaluate'
export { createGrams, type Grams, gramsOf, mayContain } from './grams'

/** A search program (RFC 9051 6.4.4 and extensions) as a tree, the same for IMAP, HTTP and rules. Texts are folded. */
export type SearchKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | { readonly kind: 'and' | 'or'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'recent' }
  | { readonly kind: 'larger' | 'smaller'; readonly octets: number }
  | { readonly kind: 'numbers'; readonly of: 'seq' | 'uid'; has(number: number): boolean }
  | { readonly kind: 'modseq'; readonly atLeast: number }
  /** days since 1970; `internal` in the server's zone (UTC), `sent` in the message's own */
  | {
      readonly kind: 'day'
      readonly date: 'internal' | 'sent' | 'saved'
      readonly is: 'before' | 'on' | 'since'
      readonly day: number
    }
  /** seconds before now (RFC 5032) */
  | { readonly kind: 'age'; readonly is: 'older' | 'younger'; readonly seconds: number }
  | { readonly kind: 'field'; readonly field: 'subject' | 'from' | 'to' | 'cc' | 'bcc'; readonly text: string }
  /** name in lower case */
  | { readonly kind: 'header'; readonly name: string; readonly text: string }
  | { readonly kind: 'body' | 'text'; readonly text: string }
  | { readonly kind: 'id'; readonly of: 'email' | 'thread'; readonly id: string }

/** Text without such characters is composed already, and finding that out costs a tenth of composing it. */
const BEYOND_LATIN1 = /[\u0100-\uffff]/

/** How text is compared: without case and composed (i;unicode-casemap in spirit). */
export function fold(text: string): string {
  if (!BEYOND_LATIN1.test(text)) return text.toLowerCase()
  const lower = text.normalize('NFC').toLowerCase()
  // Lower case of a final sigma depends on what follows it; a search term ends elsewhere.
  return lower.includes('\u03c2') ? lower.replaceAll('\u03c2', '\u03c3') : lower
}

/** What the index knows, without reading anything. */
export interface IndexFacts {
  readonly seq: number
  readonly uid: number
  readonly flags: FlagSet
  readonly recent: boolean
  readonly modSeq: number
  readonly size: number
  readonly internalDate: number
}

/** What must be read: asked only when the index did not decide. Texts folded. `undefined`: the message is gone. */
export interface StoredFacts {
  keys(): Promise<KeyFacts | undefined>
  /** values of a header field, decoded and folded, joined by line ends; undefined: no such field */
  header(name: string): Promise<string | undefined>
  headerHas(text: string): Promise<boolean>
  bodyHas(text: string): Promise<boolean>
  /** False: it is known without reading that neither header nor body has this text. */
  mayContain(text: string): boolean
}

export interface KeyFacts {
  readonly subject: string
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly bcc: string
  readonly sentDay: number | undefined
  readonly emailId: string
  readonly threadId: string
  readonly saveDate: number
}

/** Depth of a program; parsers refuse deep ones (every verb here recurses). */
export const MAX_SEARCH_DEPTH = 100

/** Whether a program is fit to be run: no deeper than `MAX_SEARCH_DEPTH`. Does not recurse. */
export function isBounded(key: SearchKey): boolean {
  let level: readonly SearchKey[] = [key]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SEARCH_DEPTH) return false
    level = level.flatMap((one) =>
      one.kind === 'not' ? [one.key] : one.kind === 'and' || one.kind === 'or' ? one.keys : [],
    )
  }
  return true
}
