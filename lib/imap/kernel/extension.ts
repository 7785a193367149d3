import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Mailbox, MessageRow } from '../../mailbox/vocabulary'
import type { SearchKey } from '../../search/key'
import type { Cursor } from '../wire/cursor'
import type { SequenceSet } from '../wire/sequence-set'
import type { Command } from './command'
import type { Selected, Session } from './session'

/** What one FETCH item needs of a message: the index in memory, its stored record, or octets. */
export type FetchNeeds = 'index' | 'row'

export interface FetchMessage {
  readonly session: Session
  readonly mail: AccountMail
  readonly view: View
  readonly seq: number
  readonly uid: number
  /** there when an item of the command needs `row` */
  readonly row: MessageRow | undefined
}

/** `NAME value` as latin1 text or octets; undefined: the message has no such thing any more; RFC 3516 4.3: UNKNOWN-CTE */
export type FetchValue = readonly (string | Buffer)[] | 'unknown-cte' | undefined

/** One item of a FETCH command, its arguments read. */
export interface FetchItem {
  readonly needs: FetchNeeds
  /**
   * A name for what it writes, where that depends on the immutable message alone and is short: it is kept for the next FETCH.
   */
  readonly keep?: string
  /** whether fetching it sets \Seen (RFC 9051 6.4.5) */
  readonly setsSeen?: boolean
  write(message: FetchMessage): FetchValue | Promise<FetchValue>
}

export interface FetchSlot {
  /** in capitals, up to the first `[` or `.` that is its own */
  readonly name: string
  read(cursor: Cursor, session: Session): FetchItem
}

export interface StatusSlot {
  readonly name: string
  value(mailbox: Mailbox, mail: AccountMail, session: Session): string | Promise<string>
}

export interface SearchSlot {
  readonly name: string
  read(cursor: Cursor, session: Session): SearchKey
}

/** One item of an ESEARCH response (RFC 4731). */
export interface ReturnItem {
  readonly name: string
  /** of everything that was found, what it tells of */
  choose<T>(found: readonly T[]): readonly T[]
  /** `NAME value` of everything that was found; undefined: left out */
  text(numbers: readonly number[]): string | undefined
}

/** A search-return-opt of RFC 4466 */
export interface ReturnSlot {
  readonly name: string
  read(cursor: Cursor): ReturnItem
}

/** What a parameter of SELECT does when the mailbox is open and announced. */
export type SelectParameter = (session: Session, state: Selected) => void | Promise<void>

/** A select-param of RFC 4466 */
export interface SelectSlot {
  readonly name: string
  read(cursor: Cursor, session: Session): SelectParameter
}

/** What modifiers make of a FETCH. */
export interface FetchModifiers {
  /** RFC 9394 3.3: of the messages that are named, these */
  choose?: (seqs: readonly number[]) => readonly number[]
  /** RFC 7162 3.1.4.1: only with a higher mod-sequence */
  changedSince?: number
  /** what is said before the first message */
  before?: (state: Selected, set: SequenceSet, changedSince: number) => void | Promise<void>
}

/** A fetch-modifier of RFC 4466 */
export interface FetchModifierSlot {
  readonly name: string
  read(cursor: Cursor, session: Session, by: 'seq' | 'uid', modifiers: FetchModifiers): void
}

export interface EnableSlot {
  readonly word: string
  turnOn(session: Session): void
}

/** Everything that one extension adds, in the slots of RFC 4466. One folder, one object. */
export interface Extension {
  readonly rfc: string
  /** names for CAPABILITY in the session's state now */
  capabilities?(session: Session): readonly string[]
  readonly commands?: readonly Command[]
  readonly fetch?: readonly FetchSlot[]
  readonly status?: readonly StatusSlot[]
  readonly search?: readonly SearchSlot[]
  readonly returns?: readonly ReturnSlot[]
  readonly select?: readonly SelectSlot[]
  readonly fetchModifiers?: readonly FetchModifierSlot[]
  /** what ENABLE turns on */
  readonly enable?: readonly EnableSlot[]
  /** response codes of a successful SELECT or EXAMINE, without `* OK` */
  selected?(view: View, session: Session): readonly string[]
}
