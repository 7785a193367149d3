export interface Store {
  readonly kind: 'store'
  /** undefined: INBOX */
  readonly mailbox: string | undefined
  readonly flags: readonly string[]
  /** RFC 5490 3.2: made when it is not there */
  readonly create?: boolean
  /** RFC 8579 4: the mailbox with this use comes before the one of the name */
  readonly specialUse?: string | undefined
  /** RFC 5293: as the script has changed it; undefined: as it came */
  readonly octets?: Buffer | undefined
}

interface Redirect {
  readonly kind: 'redirect'
  readonly address: string
  readonly octets: Buffer | undefined
}

interface Reject {
  readonly kind: 'reject'
  readonly reason: string
}

export interface Vacation {
  readonly kind: 'vacation'
  readonly reason: string
  /** for which a sender has no other answer; 0: each message has one */
  readonly seconds: number
  readonly subject: string | undefined
  readonly from: string | undefined
  readonly addresses: readonly string[]
  /** the reason is a whole MIME entity */
  readonly mime: boolean
  readonly handle: string
}

/** RFC 5436 */
export interface Notify {
  readonly kind: 'notify'
  readonly from: string | undefined
  readonly to: readonly string[]
  readonly cc: readonly string[]
  readonly subject: string | undefined
  readonly body: string | undefined
  /** other fields that the URI names */
  readonly fields: readonly (readonly [string, string])[]
  readonly importance: '1' | '2' | '3'
}

export type Action = Store | Redirect | Reject | Vacation | Notify

/** RFC 7352: not to be done twice. */
export interface Remembered {
  readonly what: string
  readonly seconds: number
  /** whether its time begins anew */
  readonly renew: boolean
}

/** What a script wants. */
export interface Outcome {
  readonly actions: readonly Action[]
  readonly remember: readonly Remembered[]
}
