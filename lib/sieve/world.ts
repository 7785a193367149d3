import type { Included, Script } from './script'

export interface Envelope {
  /** empty: the null sender */
  readonly from: string
  readonly to: string
}

/** A scanner's judgement; a member is undefined when it did not look. */
export interface Scan {
  /** 0: surely none, 100: surely spam */
  readonly spam?: number | undefined
  /** RFC 5235 2.2.2: 1 (none found) to 5 (a virus) */
  readonly virus?: number | undefined
}

/** What a script can ask beside the message. All of it is known before the script runs, but for `isRemembered`. */
export interface World {
  readonly envelope: Envelope
  /** milliseconds since 1970 */
  readonly now: number
  /** minutes east of UTC at that time, of the server */
  readonly zone: (at: number) => number
  /** name of this server */
  readonly host: string
  readonly version: string
  readonly scan: Scan
  /** separators of a detail in local parts (RFC 5233); empty: there are none */
  readonly separators: string
  /** addresses that the message may be redirected to */
  readonly maxRedirects: number
  readonly mailboxes: readonly { readonly name: string; readonly specialUse: readonly string[] }[]
  readonly script: (wanted: Included) => Script | Error | undefined
  /** RFC 7352; undefined: not known yet */
  readonly isRemembered: (what: string) => boolean | undefined
}

/** The run needs to know what is remembered: it starts again when that is known. */
export class NotKnown extends Error {
  override readonly name = 'NotKnown'
  constructor(readonly what: string) {
    super(`not known yet: ${what}`)
  }
}
