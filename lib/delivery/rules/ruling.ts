import type { Remembered, Store as StoreAction } from '../../sieve/action'

/** A copy that rules want stored, and where. */
export type Filing = Omit<StoreAction, 'kind'>

/** What an owner's script says of a message. */
export interface Ruling {
  /** copies to store; empty: none */
  readonly stores: readonly Filing[]
  /** refused with this reason */
  readonly reject: string | undefined
  /** what the owner has to know of the script, once a month for each version of it */
  readonly complaint: string | undefined
  /** to be remembered once a copy is stored */
  readonly remember?: readonly Remembered[]
}

export const INTO_INBOX: Filing = { mailbox: undefined, flags: [] }
/** RFC 5228 2.10.2: the implicit keep. */
export const KEEP: Ruling = { stores: [INTO_INBOX], reject: undefined, complaint: undefined }
