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

/** The run needs to know what is remembered: it starts again when that is known. */
export class NotKnown extends Error {
  override readonly name = 'NotKnown'
  constructor(readonly what: string) {
    super(`not known yet: ${what}`)
  }
}
