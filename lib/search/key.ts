import type { FlagSet } from '../terms/flags'

/** A search program (RFC 9051 6.4.4 and extensions) as a tree, the same for IMAP, HTTP and rules. Texts are folded (terms/casemap). */
export type SearchKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'not'; readonly key: SearchKey }
  /** `isFuzzy`: a client asked for it so (RFC 6203 3) */
  | { readonly kind: 'and' | 'or'; readonly keys: readonly SearchKey[]; readonly isFuzzy?: true }
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
  /** `fields`: of parts and of messages inside, which RFC 3501 counts as the body and RFC 9051 does not */
  | { readonly kind: 'body'; readonly text: string; readonly fields: 'too' | 'not' }
  | { readonly kind: 'text'; readonly text: string }
  /** a word like this one (lib/search/near.ts) */
  | { readonly kind: 'near'; readonly word: string; readonly in: NearPlace }
  /** a file with this in its name */
  | { readonly kind: 'attachment'; readonly name: string }
  | { readonly kind: 'id'; readonly of: 'email' | 'thread'; readonly id: string }

/** Where a word is looked for: as the keys without it. */
export type NearPlace =
  | { readonly kind: 'field'; readonly field: 'subject' | 'from' | 'to' | 'cc' | 'bcc' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'body'; readonly fields: 'too' | 'not' }
  | { readonly kind: 'text' }

/** What the index knows, without reading anything. */
export interface IndexFacts {
  readonly seq: number
  readonly uid: number
  readonly flags: FlagSet
  readonly recent: boolean
  readonly modSeq: number
  /** from which mod-sequence on a message has changed for who names this one: lower, where a power cut took back what was told */
  toldSince(named: number): number
  readonly size: number
  readonly internalDate: number
  /** False: a text index knows that the message does not match this key, which asks for a text. */
  mayMatch(key: SearchKey): boolean
}

/** What must be read: asked only when the index did not decide. Texts folded. `undefined`: the message is gone. */
export interface StoredFacts {
  keys(): Promise<KeyFacts | undefined>
  /** values of a header field, decoded and folded, joined by line ends; undefined: no such field */
  header(name: string): Promise<string | undefined>
  headerHas(text: string): Promise<boolean>
  /** @param fields also in those of parts and of messages inside */
  bodyHas(text: string, fields: 'too' | 'not'): Promise<boolean>
  /** how near the nearest word is; 0: none is */
  headerNear(word: string): Promise<number>
  bodyNear(word: string, fields: 'too' | 'not'): Promise<number>
  /** names of the files in it; a file without a name has an empty one */
  attachments(): Promise<readonly string[]>
}

/** Texts folded. Behind a line end stand names and addresses that a field of addresses says in other words. */
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

/** Words of a program that may be near: each is compared with each word of a text. */
const MAX_NEAR = 100

/** Whether a program is fit to be run: no deeper than `MAX_SEARCH_DEPTH`, no more words than `MAX_NEAR`. Does not recurse. */
export function isBounded(key: SearchKey): boolean {
  let level: readonly SearchKey[] = [key]
  let near = 0
  for (let depth = 0; level.length > 0; depth++) {
    near += level.filter(({ kind }) => kind === 'near').length
    if (depth > MAX_SEARCH_DEPTH || near > MAX_NEAR) return false
    level = level.flatMap((one) =>
      one.kind === 'not' ? [one.key] : one.kind === 'and' || one.kind === 'or' ? one.keys : [],
    )
  }
  return true
}
